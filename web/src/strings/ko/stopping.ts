import type { Words } from "../en";

export const stopping: Words["stopping"] = {
  title: "작업 공간을 저장하는 중입니다",
  note: "이 페이지를 닫아도 저장은 끝까지 됩니다.",
  sure: "끝내면 아래 항목은 저장되지 않습니다",
  anyway: "나머지만 저장하고 끝내기",
};
