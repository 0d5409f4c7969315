import type { Words } from "../en";

export const storage: Words["storage"] = {
  over: "파일의 전체 크기가 요금제의 저장 공간을 넘었습니다. 지금은 모두 저장되지만, 더 커지면 가장 큰 것부터 저장되지 않습니다.",
  remove: (bytes) => `${bytes} 이상 지워 주세요.`,
  largest: "가장 큰 항목:",
  unsaved: "저장 공간이 부족해 아래 항목은 저장되지 않습니다. 나머지는 모두 저장됩니다.",
  unsavedMore: (count) => `이 밖에 ${count}개가 더 있습니다.`,
  unsavedDo: (bytes, plan) =>
    plan
      ? `${bytes} 이상 지우거나, 모두 담을 수 있는 ${plan} 요금제로 바꿔 주세요.`
      : `${bytes} 이상 지워 주세요.`,
  keptApart: "저장되지 않은 항목은 세션이 끝날 때 따로 보관됩니다. 30일 동안 내려받거나 되살릴 수 있습니다.",
  apart: "저장 공간이 부족해 저장되지 않은 항목",
  apartAbout: "세션이 끝날 때 요금제의 저장 공간에 들어가지 못한 항목입니다. 작업 공간에는 없으며 30일 동안 따로 보관됩니다.",
  apartHere: (bytes) => `세션이 끝날 때 ${bytes}가 저장 공간에 들어가지 못했습니다. 온돌이 30일 동안 따로 보관합니다.`,
  notKept: (bytes) =>
    `지난 세션의 파일 ${bytes}는 공간이나 시간이 부족해 저장하지도 따로 보관하지도 못했습니다. 이전 시점에 예전 버전이 남아 있을 수 있습니다.`,
  apartLook: "보관된 항목 보기",
  apartMore: "일부만 표시했습니다. 내려받으면 모두 들어 있습니다.",
  apartTooLarge: "지금 요금제에는 한꺼번에 모두 넣을 공간이 없습니다.",
  keptUntil: (time) => `${time}까지 보관`,
  bringAllBack: "모두 되살리기",
  discard: "지우기",
  discardSure: (time) => `${time}에 끝난 세션에서 저장되지 않은 항목을 영구히 지울까요?`,
  discardNow: "영구히 지우기",
  discardNot: "그대로 두기",
  discarded: "지웠습니다.",
  lostAtEnd: "아래 항목은 따로 보관할 공간도 없어 세션이 끝나면 사라집니다. 그 전에 편집기에서 내려받아 주세요:",
  lifted: (plan) => `${plan} 요금제라면 모두 들어갑니다.`,
};
