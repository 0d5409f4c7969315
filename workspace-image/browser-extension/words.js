// What the browser's part of the extension says, in English and Korean.
"use strict";

const WORDS = {
  en: {
    never: "Not saved yet",
    saved: (ago) => `Saved ${ago} ago`,
    late: (ago) => `Last saved ${ago} ago`,
    justNow: "Saved just now",
    lost: "Connection lost",
    ended: "Session ended",
    tooltip: "Ondol saves your workspace while you work, within half a minute, and when the session ends.",
    lateTooltip: "Saving takes longer than usual. What you changed since the last save is not saved yet. Ondol keeps trying.",
    lateWarning: (ago) =>
      `Saving takes longer than usual: ${ago === null ? "nothing was saved in this session yet" : `the newest save is ${ago} old`}. Your files are still in this workspace. Ondol keeps trying. Leave the workspace open until it is saved.`,
    lostTooltip: "What you typed is kept in this browser until the workspace is open again.",
    offer: (names) =>
      `The connection was lost before this was saved: ${names}. The text is kept in this browser. Restore it in the editor?`,
    waiting: (count) => `Unsaved text (${count})`,
    bringBack: "Restore",
    discard: "Discard",
    more: (count) => `and ${count} more`,
    failed: (names) => `This text could not be restored: ${names}. The text is still kept in this browser.`,
    seconds: (n) => `${n} s`,
    minutes: (n) => `${n} min`,
    hours: (n) => `${n} h`,
  },
  ko: {
    never: "아직 저장되지 않음",
    saved: (ago) => `${ago} 전에 저장됨`,
    late: (ago) => `마지막 저장: ${ago} 전`,
    justNow: "방금 저장됨",
    lost: "연결 끊김",
    ended: "세션 끝남",
    tooltip: "온돌은 작업하는 동안 30초 안에, 그리고 세션이 끝날 때 작업 공간을 저장합니다.",
    lateTooltip: "저장이 평소보다 오래 걸리고 있습니다. 마지막 저장 뒤의 변경은 아직 저장되지 않았습니다. 온돌이 계속 저장을 시도하고 있습니다.",
    lateWarning: (ago) =>
      `저장이 평소보다 오래 걸립니다. ${ago === null ? "아직 저장된 것이 없습니다." : `마지막 저장은 ${ago} 전입니다.`} 파일은 이 작업 공간에 그대로 있습니다. 온돌이 계속 저장을 시도하고 있으니, 저장될 때까지 작업 공간을 열어 두세요.`,
    lostTooltip: "입력한 내용은 작업 공간이 다시 열릴 때까지 이 브라우저에 보관됩니다.",
    offer: (names) =>
      `연결이 끊겨 저장되지 못한 내용이 있습니다: ${names}. 이 브라우저에 보관해 두었습니다. 편집기에서 되살릴까요?`,
    waiting: (count) => `저장되지 못한 내용 ${count}개`,
    bringBack: "되살리기",
    discard: "버리기",
    more: (count) => `외 ${count}개`,
    failed: (names) => `되살리지 못한 내용이 있습니다: ${names}. 이 브라우저에 그대로 보관되어 있습니다.`,
    seconds: (n) => `${n}초`,
    minutes: (n) => `${n}분`,
    hours: (n) => `${n}시간`,
  },
};

exports.wordsFor = (language) => (language.startsWith("ko") ? WORDS.ko : WORDS.en);

/** A length of time in its largest whole unit. */
exports.length = (words, seconds) => {
  if (seconds < 60) return words.seconds(Math.max(1, Math.floor(seconds)));
  if (seconds < 3600) return words.minutes(Math.floor(seconds / 60));
  return words.hours(Math.floor(seconds / 3600));
};
