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
    seconds: (n) => `${n} s`,
    minutes: (n) => `${n} min`,
    hours: (n) => `${n} h`,
    tiers: { boot: "settings", work: "files", deps: "dependencies" },
    restoring: (what, percent) => `Bringing back your ${what}: ${percent} %`,
    older: (what, ago) => `A saved part of your ${what} is damaged: they are as saved ${ago} ago. The rest is as you left it.`,
    inconsistent: (names) =>
      `These files were being written when they were last saved, and may be damaged: ${names}. Everything else is sound. Check them; History, on the Ondol page, has earlier versions.`,
    unrestored: (what) => `Your ${what} could not be brought back. What is saved of them is kept; write to the operator.`,
    over: ({ used, limit, most }) =>
      `Your files take ${size(used)}; your plan holds ${size(limit)}. All of them are saved as long as they stay below ${size(most)}: delete what you don't need.`,
    notSaved: (bytes) => `${bytes} not saved`,
    leftOut: (names, free) =>
      `Your plan has no room for: ${names}. Everything else is saved. Delete at least ${free} or take a larger plan.`,
    more: (count) => `and ${count} more`,
    apart: "What is not saved is kept apart when the session ends: for 30 days you can download it or bring it back.",
    lostAtEnd: (names) => `There is no room to keep these apart either: ${names}. Download them before the session ends.`,
    seePlans: "Open the Ondol page",
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
    seconds: (n) => `${n}초`,
    minutes: (n) => `${n}분`,
    hours: (n) => `${n}시간`,
    tiers: { boot: "설정", work: "파일", deps: "의존 패키지" },
    restoring: (what, percent) => `${what} 불러오는 중: ${percent}%`,
    older: (what, ago) => `저장된 ${what} 일부가 손상되어 ${ago} 전에 저장된 상태로 열었습니다. 나머지는 그대로입니다.`,
    inconsistent: (names) =>
      `마지막으로 저장할 때 쓰는 중이던 파일이라 내용이 온전하지 않을 수 있습니다: ${names}. 다른 파일은 온전합니다. 확인해 보시고, 문제가 있으면 온돌 페이지의 '기록'에서 이전 버전을 되살려 주세요.`,
    unrestored: (what) => `${what}을(를) 불러오지 못했습니다. 저장된 것은 그대로 있으니 운영자에게 알려 주세요.`,
    over: ({ used, limit, most }) =>
      `파일이 ${size(used)}로 요금제의 저장 용량 ${size(limit)}를 넘었습니다. ${size(most)}까지는 모두 저장되니 필요 없는 파일을 지워 주세요.`,
    notSaved: (bytes) => `${bytes} 저장 안 됨`,
    leftOut: (names, free) =>
      `저장 용량이 부족해 다음 항목은 저장하지 못했습니다: ${names}. 나머지는 모두 저장되었습니다. ${free} 이상 지우거나 더 큰 요금제로 바꿔 주세요.`,
    more: (count) => `외 ${count}개`,
    apart: "저장하지 못한 항목은 세션이 끝날 때 따로 보관되며, 30일 동안 내려받거나 되살릴 수 있습니다.",
    lostAtEnd: (names) => `따로 보관할 공간도 부족한 항목: ${names}. 세션이 끝나기 전에 내려받아 주세요.`,
    seePlans: "온돌 페이지 열기",
  },
};

/** The words for a language tag of the editor, such as "ko" or "en-gb". */
exports.wordsFor = (language) => (language.startsWith("ko") ? WORDS.ko : WORDS.en);

/** What is not saved, how much has to go for it to be, and what becomes of it when the session ends. */
exports.leftOut = (words, { used, limit, left_out: { entries, count, bytes, lost_bytes: lost } }) => {
  const free = size(Math.max(1, used + bytes - limit));
  const said = [words.leftOut(names(words, entries, count), free)];
  if (lost < bytes) said.push(words.apart);
  const gone = entries.filter(({ kept }) => !kept);
  if (lost > 0) said.push(words.lostAtEnd(names(words, gone, gone.length)));
  return said.join(" ");
};

/** The largest few by name and size. */
function names(words, entries, count) {
  const told = entries.slice(0, 3).map(({ path, bytes }) => `${visible(path)} (${size(bytes)})`);
  if (count > told.length) told.push(words.more(count - told.length));
  return told.join(", ");
}

/** A path without signs that could change how the text around it is read; its end says most. */
function visible(path) {
  const told = path.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  return told.length > 60 ? `…${told.slice(-59)}` : told;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** Bytes for people: 210 MB, 1.2 GB. */
function size(bytes) {
  let step = 0;
  let count = bytes;
  while (count >= 999.5 && step < UNITS.length - 1) {
    count /= 1000;
    step += 1;
  }
  return `${count < 10 && step > 0 ? count.toFixed(1) : Math.round(count)} ${UNITS[step]}`;
}

exports.size = size;

/** A length of time ahead in minutes, never none. */
exports.minutesAhead = (seconds) => Math.max(1, Math.round(seconds / 60));

/** A length of time in its largest whole unit. */
exports.length = (words, seconds) => {
  if (seconds < 60) return words.seconds(Math.floor(seconds));
  if (seconds < 3600) return words.minutes(Math.floor(seconds / 60));
  return words.hours(Math.floor(seconds / 3600));
};
