import type { Words } from "../en";

export const front: Words["front"] = {
  tagline: "늘 따뜻하게 준비된 나만의 VS Code.",
  about: "로그인하고 열기를 누르면, 멈춘 곳에서 바로 이어집니다.",
  signIn: "로그인",
  signInAs: (name) => `${name} 님으로 로그인`,
  signInWith: (provider) => `${provider} 계정으로 계속`,
  email: "또는 비밀번호 없이 이메일 링크로",
  sendLink: "로그인 링크 받기",
  linkSent: (address) => `${address}(으)로 메일을 보냈습니다. 메일에 있는 링크를 이 브라우저에서 열어 주세요.`,
  linkElsewhere: "로그인 링크를 열었습니다. 메일을 받은 주소를 입력해 주세요.",
  invited: "팀에 초대되었습니다. 초대받은 주소로 로그인해 주세요.",
  madeUp: "위 사람들은 모두 가상의 인물입니다. 온돌이 지금 내 컴퓨터에서 실행되고 있습니다.",
  picture: "세 단계가 끝나고, 파일과 코드와 터미널이 있는 편집기가 열립니다.",
  kept: {
    title: "작업은 이렇게 보관됩니다",
    ways: [
      { title: "작업하는 동안 저장", about: "바뀐 것이 있으면 약 20초마다 저장합니다. 실행 중인 데이터베이스까지 같은 순간의 상태로 저장합니다." },
      { title: "탭을 닫아도 그대로", about: "한동안 쓰지 않으면 저장하고 닫습니다. 다시 열면 다른 컨테이너에서 파일과 설정, 열어 둔 탭이 그대로 이어집니다." },
      { title: "이전으로 되돌리기", about: "이전 시점을 보관합니다. 전체를 되돌리거나, 파일이나 폴더 하나만 되살리거나, 내려받을 수 있습니다." },
    ],
  },
  plans: "요금제",
  plan: {
    byAgreement: "별도 협의",
    aMonth: "매월",
    anyTime: "시간 제한 없음",
    time: { day: (length) => `편집기 하루 ${length}`, month: (length) => `편집기 한 달 ${length}` },
    storage: (size) => `저장 공간 ${size}`,
    slotStorage: "컨테이너가 담을 수 있는 만큼의 저장 공간",
    snapshots: (count) => `이전 시점 ${count}개 보관`,
    background: (length) => `브라우저 없이 ${length}까지 작업 실행`,
    noBackground: "탭을 닫으면 프로그램이 잠시 멈춤",
    seats: (count) => `최대 ${count}명이 함께 사용`,
  },
  own: {
    title: "오픈 소스, 직접 운영하기",
    about: "온돌은 자유 소프트웨어입니다(Apache-2.0). 명령 두 개면 내 컴퓨터에서 모두 실행되고, 하나면 내 Google Cloud 프로젝트에 배포됩니다.",
    source: "소스 코드 보기",
    costs: "운영 비용 계산하기",
  },
};
