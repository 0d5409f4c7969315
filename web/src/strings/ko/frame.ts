import type { Words } from "../en";

export const frame: Words["frame"] = {
  places: "내 작업 공간",
  to: { home: "작업 공간", history: "기록", usage: "사용량", team: "팀", account: "설정", console: "콘솔" },
  newVersion: "이 페이지의 새 버전이 준비되었습니다.",
  reload: "새로 고침",
  links: { help: "도움말", status: "서비스 상태", terms: "이용 약관", privacy: "개인정보 처리방침" },
  theme: "화면 밝기",
  themes: { system: "시스템 설정", light: "밝게", dark: "어둡게" },
  signOut: "로그아웃",
  signedOut: "로그아웃했습니다.",
  signedOutUntold:
    "이 페이지에서는 로그아웃했지만 온돌에 연결할 수 없어, 이 브라우저에 열려 있는 편집기는 닫지 못했습니다. 편집기가 열려 있다면 탭을 닫고, 함께 쓰는 컴퓨터라면 브라우저를 완전히 종료해 주세요. 쓰지 않는 작업 공간은 저장된 뒤 자동으로 닫힙니다.",
};
