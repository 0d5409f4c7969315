import type { Words } from "../en";

export const frame: Words["frame"] = {
  newVersion: "이 페이지의 새 버전이 준비되었습니다.",
  reload: "새로 고침",
  links: { help: "도움말", status: "서비스 상태", terms: "이용 약관", privacy: "개인정보 처리방침" },
  theme: "화면 밝기",
  themes: { system: "시스템 설정", light: "밝게", dark: "어둡게" },
  signOut: "로그아웃",
  signedOut: "로그아웃했습니다.",
};
