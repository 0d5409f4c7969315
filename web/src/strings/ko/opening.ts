import type { Words } from "../en";

export const opening: Words["opening"] = {
  title: "작업 공간을 여는 중입니다",
  steps: {
    claim: "컨테이너 찾기",
    restore: "파일 복원",
    project: "프로젝트 가져오기",
    enter: "편집기로 이동",
  },
  enterNote: "처음에는 VS Code를 불러오는 데 몇 초가 걸립니다.",
  tryingAgain: "다시 시도하기까지",
  cancel: "취소",
};
