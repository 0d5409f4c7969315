// What the extension says, in English and Korean.
"use strict";

const WORDS = {
  en: {
    keep: "Keep working",
    warning: (minutes) => `Your session ends in ${minutes} min unless you go on working. Everything is saved first.`,
    timeWarning: (minutes) =>
      `Your plan's time is used up in ${minutes} min. Everything is saved, and the session ends then.`,
    usage: "See what I used",
    timeLeft: (minutes) => `${minutes} min left`,
    timeTooltip: "Until your plan's time is used up. Everything is saved, and the session ends then.",
    ending: "Your session is ending. Everything is being saved.",
    lost: (ago) => `Your files are as saved ${ago} ago: the last session was cut off.`,
    lostAll: "The last session was cut off before anything was saved.",
    never: "Not saved yet",
    saved: (ago) => `Saved ${ago} ago`,
    seconds: (n) => `${n} s`,
    minutes: (n) => `${n} min`,
    hours: (n) => `${n} h`,
    tooltip: "Ondol saves your workspace while you work, within half a minute, and when the session ends.",
    tiers: { boot: "settings", work: "files", deps: "dependencies" },
    restoring: (what, percent) => `Bringing back your ${what}: ${percent} %`,
    older: (what, ago) => `A saved part of your ${what} is damaged: they are as saved ${ago} ago. The rest is as you left it.`,
    unrestored: (what) => `Your ${what} could not be brought back. What is saved of them is kept; write to the operator.`,
    over: "Your files are over your plan's storage. They are saved for now.",
    refused: "Your newest changes are kept for download only: your files are far over your plan's storage.",
  },
  ko: {
    keep: "계속 작업하기",
    warning: (minutes) => `작업을 계속하지 않으면 ${minutes}분 뒤에 세션이 끝납니다. 그 전에 모두 저장됩니다.`,
    timeWarning: (minutes) =>
      `요금제의 사용 시간이 ${minutes}분 뒤에 끝납니다. 그때 모두 저장하고 세션을 마칩니다.`,
    usage: "사용 내역 보기",
    timeLeft: (minutes) => `${minutes}분 남음`,
    timeTooltip: "요금제의 사용 시간이 끝날 때까지 남은 시간입니다. 그때 모두 저장하고 세션을 마칩니다.",
    ending: "세션을 마치는 중입니다. 모두 저장하고 있습니다.",
    lost: (ago) => `파일은 ${ago} 전에 저장된 상태입니다. 지난 세션이 중간에 끊겼습니다.`,
    lostAll: "지난 세션이 저장되기 전에 끊겼습니다.",
    never: "아직 저장되지 않음",
    saved: (ago) => `${ago} 전에 저장됨`,
    seconds: (n) => `${n}초`,
    minutes: (n) => `${n}분`,
    hours: (n) => `${n}시간`,
    tooltip: "온돌은 작업하는 동안 30초 안에, 그리고 세션이 끝날 때 작업 공간을 저장합니다.",
    tiers: { boot: "설정", work: "파일", deps: "의존 패키지" },
    restoring: (what, percent) => `${what} 불러오는 중: ${percent}%`,
    older: (what, ago) => `저장된 ${what} 일부가 손상되어 ${ago} 전에 저장된 상태로 열었습니다. 나머지는 그대로입니다.`,
    unrestored: (what) => `${what}을(를) 불러오지 못했습니다. 저장된 것은 그대로 있으니 운영자에게 알려 주세요.`,
    over: "파일이 요금제의 저장 용량을 넘었습니다. 지금은 저장되고 있습니다.",
    refused: "파일이 저장 용량을 크게 넘어, 가장 새로운 변경은 내려받을 수만 있게 보관됩니다.",
  },
};

/** The words for a language tag of the editor, such as "ko" or "en-gb". */
exports.wordsFor = (language) => (language.startsWith("ko") ? WORDS.ko : WORDS.en);

/** A length of time ahead in minutes, never none. */
exports.minutesAhead = (seconds) => Math.max(1, Math.round(seconds / 60));

/** A length of time in its largest whole unit. */
exports.length = (words, seconds) => {
  if (seconds < 60) return words.seconds(Math.floor(seconds));
  if (seconds < 3600) return words.minutes(Math.floor(seconds / 60));
  return words.hours(Math.floor(seconds / 3600));
};
