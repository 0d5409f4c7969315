// What the extension says, in English and Korean.
"use strict";

const WORDS = {
  en: {
    keep: "Keep working",
    warning: (minutes) => `Your session ends in ${minutes} min unless you go on working. Everything is saved first.`,
    ending: "Your session is ending. Everything is being saved.",
    lost: (ago) => `Your files are as saved ${ago} ago: the last session was cut off.`,
    lostAll: "The last session was cut off before anything was saved.",
    never: "Not saved yet",
    saved: (ago) => `Saved ${ago} ago`,
    seconds: (n) => `${n} s`,
    minutes: (n) => `${n} min`,
    hours: (n) => `${n} h`,
    tooltip: "Ondol saves your workspace every minute when something changed, and when the session ends.",
  },
  ko: {
    keep: "계속 작업하기",
    warning: (minutes) => `작업을 계속하지 않으면 ${minutes}분 뒤에 세션이 끝납니다. 그 전에 모두 저장됩니다.`,
    ending: "세션을 마치는 중입니다. 모두 저장하고 있습니다.",
    lost: (ago) => `파일은 ${ago} 전에 저장된 상태입니다. 지난 세션이 중간에 끊겼습니다.`,
    lostAll: "지난 세션이 저장되기 전에 끊겼습니다.",
    never: "아직 저장되지 않음",
    saved: (ago) => `${ago} 전에 저장됨`,
    seconds: (n) => `${n}초`,
    minutes: (n) => `${n}분`,
    hours: (n) => `${n}시간`,
    tooltip: "온돌은 바뀐 것이 있으면 1분마다, 그리고 세션이 끝날 때 작업 공간을 저장합니다.",
  },
};

/** The words for a language tag of the editor, such as "ko" or "en-gb". */
exports.wordsFor = (language) => (language.startsWith("ko") ? WORDS.ko : WORDS.en);

/** A length of time in its largest whole unit. */
exports.length = (words, seconds) => {
  if (seconds < 60) return words.seconds(Math.floor(seconds));
  if (seconds < 3600) return words.minutes(Math.floor(seconds / 60));
  return words.hours(Math.floor(seconds / 3600));
};
