// What the page says, in Korean.

import type { Words } from "./en";

export const ko: Words = {
  tagline: "늘 따뜻하게 준비된 나만의 VS Code.",
  about: "로그인하고 열기를 누르면, 멈춘 곳에서 바로 이어집니다.",
  starting: "잠시만 기다려 주세요…",

  signIn: "로그인",
  signInAs: (name) => `${name} 님으로 로그인`,
  signInWith: (provider) => `${provider} 계정으로 계속`,
  madeUp: "여기 나오는 사람들은 가상의 인물입니다. 이 온돌은 내 컴퓨터에서 돌아가고 있습니다.",
  signOut: "로그아웃",
  signedOut: "로그아웃했습니다.",

  hello: (name) => (name ? `${name} 님, 반갑습니다` : "반갑습니다"),
  asleep: "작업 공간을 잘 넣어 두었습니다. 열기를 누르면 다시 펼쳐집니다.",
  first: "새 작업 공간이 준비되었습니다. 열어서 시작해 보세요.",
  awake: "작업 공간이 열려 있습니다.",
  open: "열기",
  goOn: "편집기로 가기",
  stop: "끝내기",
  where: "위치",
  since: "연 시각",
  saved: "마지막 저장",
  notSaved: "아직 없음",
  plan: "요금제",

  opening: "작업 공간을 여는 중입니다",
  steps: {
    claim: "따뜻한 자리 찾기",
    restore: "파일 되돌려 놓기",
    enter: "편집기로 이동",
  },
  enterNote: "처음에는 VS Code를 불러오는 데 몇 초가 걸립니다.",
  tryingAgain: "다시 시도하기까지",
  cancel: "취소",

  stopping: "작업 공간을 저장하는 중입니다",
  stoppingNote: "이 페이지를 닫아도 저장은 끝까지 됩니다.",
  savedNow: (time) => (time ? `${time}에 저장했습니다.` : "끝냈습니다."),
  ends: {
    member: (saved) => `직접 끝내셨고, ${saved}에 저장되었습니다.`,
    idle: (saved) => `한동안 쓰지 않아 ${saved}에 저장하고 넣어 두었습니다.`,
    lost: (saved) => `컨테이너가 사라졌습니다. 파일은 ${saved}에 저장된 상태이며, 그 뒤의 변경은 남아 있지 않습니다.`,
    other: (saved) => `${saved}에 저장되었습니다.`,
  },
  lostUnsaved: "첫 저장 전에 컨테이너가 사라져, 파일은 그 세션을 열기 전 상태입니다.",

  wrong: "문제가 생겼습니다",
  tryAgain: "다시 시도",
  problems: {
    unreachable: "온돌에 연결할 수 없습니다. 네트워크를 확인하고 다시 시도해 주세요.",
    "not-signed-in": "로그인이 만료되었습니다. 다시 로그인해 주세요.",
    "sign-in-failed": "로그인하지 못했습니다. 다시 시도하거나 다른 방법으로 로그인해 주세요.",
    "popup-blocked": "브라우저가 로그인 창을 막았습니다. 이 페이지의 팝업을 허용하고 다시 시도해 주세요.",
    blocked: "브라우저가 편집기로 가는 것을 막았습니다. 이 페이지에서 갈 수 있는 주소가 아닙니다. 운영자에게 알려 주세요.",
    "other-provider": "이 이메일은 다른 로그인 방법으로 등록되어 있습니다. 그 방법으로 로그인해 주세요.",
    "bad-request": "서버가 이 페이지의 요청을 이해하지 못했습니다. 페이지를 새로 고쳐 주세요.",
    forbidden: "이 작업은 허용되지 않습니다.",
    "account-closed": "이 계정은 파일과 함께 삭제되었습니다. 다른 계정으로 로그인해 주세요.",
    "account-suspended": "이 계정은 정지되었습니다. 파일은 보관되어 있으니 운영자에게 문의해 주세요.",
    "not-found": "찾을 수 없습니다. 페이지를 새로 고쳐 주세요.",
    "pool-exhausted": "지금은 모든 자리가 사용 중입니다. 곧 자리가 납니다.",
    "session-draining": "지난 세션을 아직 저장하고 있습니다. 저장이 끝나면 열립니다.",
    "session-elsewhere": "그 세션은 이미 끝났습니다.",
    "state-broken": "마지막 저장본이 온전하지 않습니다. 파일은 보관되어 있으니, 계속하기 전에 운영자에게 문의해 주세요.",
    "slot-unreachable": "컨테이너가 응답하지 않습니다. 다시 시도해 주세요.",
    "too-busy": "지금 요청이 몰리고 있습니다. 잠시 뒤 다시 시도합니다.",
    unavailable: "온돌의 일부에 잠시 연결할 수 없습니다. 파일은 안전합니다.",
    internal: "온돌 쪽에 문제가 생겼습니다. 다시 시도해도 같으면 운영자에게 알려 주세요.",
  },
  unexpected: (error) => `페이지에서 예상하지 못한 문제가 생겼습니다: ${error}. 새로 고친 뒤 다시 시도해 주세요.`,

  lasted: (seconds) => {
    if (seconds < 10) return `${seconds.toFixed(1)}초`;
    if (seconds < 60) return `${Math.floor(seconds)}초`;
    return `${Math.floor(seconds / 60)}분 ${Math.floor(seconds % 60)}초`;
  },
  left: (seconds) => `${seconds}초`,
};
