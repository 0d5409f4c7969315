import type { Words } from "../en";

export const opening: Words["opening"] = {
  title: "작업 공간을 여는 중입니다",
  steps: {
    claim: "컨테이너 찾기",
    restore: "파일 복원",
    project: "프로젝트 가져오기",
    enter: "편집기로 이동",
  },
  starting: "준비된 컨테이너가 없어 새로 시작하고 있습니다.",
  startsWithin: (usually, mostly) => `보통 ${usually}, 길어도 대개 ${mostly} 안에 끝납니다.`,
  startsLate: (mostly) => `평소(${mostly})보다 오래 걸리고 있습니다. 파일은 안전하며, 컨테이너가 시작될 때까지 온돌이 계속 기다립니다.`,
  enterNote: "처음에는 VS Code를 불러오는 데 몇 초가 걸립니다.",
  tryingAgain: "다시 시도하기까지",
  ready: "작업 공간이 열렸습니다.",
  tellMe: "열리면 알려 주기",
  cancel: "취소",
};
