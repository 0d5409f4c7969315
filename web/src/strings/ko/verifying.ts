import type { Words } from "../en";

export const verifying: Words["verifying"] = {
  title: "이메일 인증",
  about: (address) =>
    `이 요금제를 쓰려면 이메일 인증이 필요합니다. ${address} 주소는 아직 인증되지 않았습니다. 인증 링크가 담긴 메일을 보내 드립니다.`,
  noAddress:
    "이 요금제를 쓰려면 이메일 인증이 필요한데, 로그인 정보에 이메일이 없습니다. 사용할 이메일을 입력하시면 인증 링크가 담긴 메일을 보내 드립니다.",
  address: "이메일 주소",
  send: "메일 보내기",
  again: "다시 보내기",
  sent: (address) => `${address} 주소로 메일을 보냈습니다. 메일에 있는 링크를 눌러 주세요.`,
  waits: "이 페이지를 열어 두면 인증이 끝나는 대로 작업 공간이 열립니다. 메일이 오지 않으면 스팸함을 확인해 주세요.",
  thenSignIn: "인증한 뒤 다시 로그인해야 할 수 있습니다.",
  signInAgain: "메일의 링크를 누르면 이전 로그인이 끝납니다. 다시 로그인하면 작업 공간을 열 수 있습니다.",
  done: "링크를 눌렀습니다",
};
