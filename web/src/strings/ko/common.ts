import type { Words } from "../en";

export const common: Words["common"] = {
  starting: "잠시만 기다려 주세요…",
  open: "열기",
  plan: "요금제",
  storage: "저장 공간",
  storageOf: (used, limit) => (limit ? `${limit} 중 ${used}` : used),
  noLimit: "제한 없음",
  leftOf: (left, granted) => `${granted} 중 ${left}`,
  download: "내려받기",
  back: "뒤로",
  wrong: "문제가 생겼습니다",
  tryAgain: "다시 시도",
  unexpected: (error) => `페이지에서 예상하지 못한 문제가 생겼습니다: ${error}. 새로 고친 뒤 다시 시도해 주세요.`,
  lasted: (seconds) => {
    if (seconds < 10) return `${seconds.toFixed(1)}초`;
    if (seconds < 60) return `${Math.floor(seconds)}초`;
    return `${Math.floor(seconds / 60)}분 ${Math.floor(seconds % 60)}초`;
  },
  left: (seconds) => `${seconds}초`,
  minutes: (count) => `${count}분`,
  hours: (count) => `${count}시간`,
};
