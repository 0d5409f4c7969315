// What the extension says, in English and Korean.
"use strict";

const WORDS = {
  en: {
    titles: {
      menu: "Menu",
      saveNow: "Save Now",
      stop: "Save and Stop",
      versions: "Earlier Versions of This File",
      usage: "Usage and What Is Left",
      download: "Download a Folder",
      port: "Open a Port's Preview",
      page: "Open Ondol's Page",
    },
    saving: "Saving your workspace",
    allSaved: "Everything is saved",
    savedExcept: (names) => `Saved, except for what your plan's storage has no room for: ${names}.`,
    notSavedYet: "Saving takes longer than usual. Your files are still in this workspace, and Ondol keeps trying.",
    stopAsk: "Save everything and stop the workspace? Programs that are running end.",
    stopAskFull: "Stop the workspace, although not everything can be saved? Programs that are running end.",
    keptAtEnd: (names) => `Not saved, because your plan's storage is full, and kept for 30 days after the session ends: ${names}.`,
    goneAtEnd: (names) => `Not saved, and gone when the session ends, because there is no room to keep it: ${names}. Download it before.`,
    saveAndStop: "Save and stop",
    noFile: "Open the file whose earlier versions you want to see.",
    timeline: "Compare with what the editor saved",
    timelineWhat: "Timeline: each time the file was saved in this editor",
    restoreSaved: "Restore what the editor saved",
    history: "Find it in a snapshot",
    historyWhat: "History on Ondol's page: also what programs wrote, and files that were deleted",
    packing: "Packing the folder",
    notPacked: (reason) => `The folder could not be packed. Its files are as they were. ${reason}`,
    otherPort: "Another port",
    portWhat: "Ports that your programs listen on. A preview takes at most 32 MiB in one request.",
    hotReload: "Changes do not show by themselves?",
    hotReloadWhat:
      'webpack-dev-server needs client.webSocketURL: "auto://0.0.0.0:0/ws" in its options. Vite and Next.js need nothing.',
    noPort: "A number from 1 to 65535",
    keep: "Keep working",
    warning: (minutes) => `Your session ends in ${minutes} min unless you go on working.`,
    timeWarning: (minutes) => `Your plan's time is used up in ${minutes} min. Then the session ends.`,
    savedFirst: "Everything is saved first.",
    restSavedFirst: "Everything else is saved first.",
    usage: "See what I used",
    timeLeft: (minutes) => `${minutes} min left`,
    hoursLeft: (hours) => `${hours} h left`,
    timeTooltip: "The time left in your plan. When it is used up, the session ends.",
    lost: (ago) => `The last session was cut off. Your files are as they were saved ${ago} ago.`,
    lostAll: "The last session was cut off before anything was saved. Your files are as they were before that session.",
    seconds: (n) => `${n} s`,
    minutes: (n) => `${n} min`,
    hours: (n) => `${n} h`,
    tiers: { boot: "settings", work: "files", deps: "dependencies" },
    restoring: (what, percent) => `Restoring your ${what}: ${percent} %`,
    older: (what, ago) => `A saved part of your ${what} is damaged. Your ${what} are as they were saved ${ago} ago. The rest is as you left it.`,
    inconsistent: (names) =>
      `These files were being written when they were last saved, and may be damaged: ${names}. Everything else is sound. Check these files. History, on the Ondol page, has earlier versions.`,
    someInconsistent: (names, count) =>
      `These files were being written when they were last saved, and may be damaged: ${names}, and up to ${count} more. Check what your programs were writing. History, on the Ondol page, has earlier versions.`,
    unrestored: (what) => `Your ${what} could not be restored. Everything that was saved is kept. Write to the operator.`,
    over: ({ used, limit, most }) =>
      `Your files take ${size(used)}, and your plan holds ${size(limit)}. All of them are saved as long as they stay below ${size(most)}. Delete what you don't need.`,
    notSaved: (bytes) => `${bytes} not saved`,
    leftOut: (names, free) =>
      `These do not fit in your plan's storage and are not saved: ${names}. Everything else is saved. Delete at least ${free}, or change to a larger plan.`,
    more: (count) => `and ${count} more`,
    apart: "Files that were not saved are kept for 30 days after the session ends. You can download or restore them.",
    lostAtEnd: (names) => `There is no room to keep these after the session: ${names}. Download them before the session ends.`,
    others: (bytes) => `others of ${bytes}`,
    show: "Show",
    showWhich: "What is not saved",
    seePlans: "Open the Ondol page",
  },
  ko: {
    titles: {
      menu: "메뉴",
      saveNow: "지금 저장",
      stop: "저장하고 끝내기",
      versions: "이 파일의 이전 버전",
      usage: "사용량과 남은 시간",
      download: "폴더 내려받기",
      port: "포트 미리보기 열기",
      page: "온돌 페이지 열기",
    },
    saving: "작업 공간 저장 중",
    allSaved: "모두 저장되었습니다",
    savedExcept: (names) => `저장했지만, 저장 공간이 부족해 다음 항목은 저장하지 못했습니다: ${names}.`,
    notSavedYet: "저장이 평소보다 오래 걸립니다. 파일은 이 작업 공간에 그대로 있고, 온돌이 계속 저장을 시도합니다.",
    stopAsk: "모두 저장하고 작업 공간을 끝낼까요? 실행 중인 프로그램도 함께 끝납니다.",
    stopAskFull: "저장되지 않는 항목이 있습니다. 그래도 작업 공간을 끝낼까요? 실행 중인 프로그램도 함께 끝납니다.",
    keptAtEnd: (names) => `저장 공간이 부족해 저장되지 않지만, 세션이 끝난 뒤 30일 동안 따로 보관되는 항목: ${names}.`,
    goneAtEnd: (names) => `저장되지 않고, 따로 보관할 공간도 없어 세션이 끝나면 사라지는 항목: ${names}. 그 전에 내려받아 주세요.`,
    saveAndStop: "저장하고 끝내기",
    noFile: "이전 버전을 보려는 파일을 먼저 열어 주세요.",
    timeline: "편집기에서 저장한 버전과 비교하기",
    timelineWhat: "타임라인: 이 편집기에서 파일을 저장할 때마다 남은 버전",
    restoreSaved: "편집기에서 저장한 버전 되살리기",
    history: "이전 시점에서 찾기",
    historyWhat: "온돌 페이지의 기록: 프로그램이 쓴 내용과 지운 파일도 있습니다",
    packing: "폴더를 압축하는 중",
    notPacked: (reason) => `폴더를 압축하지 못했습니다. 파일은 그대로입니다. ${reason}`,
    otherPort: "다른 포트",
    portWhat: "프로그램이 열어 둔 포트 (미리보기에는 한 번에 32 MiB까지 보낼 수 있습니다)",
    hotReload: "고친 내용이 바로 보이지 않나요?",
    hotReloadWhat:
      'webpack-dev-server는 옵션에 client.webSocketURL: "auto://0.0.0.0:0/ws"를 넣어야 합니다. Vite와 Next.js는 그대로 됩니다.',
    noPort: "1부터 65535까지의 숫자",
    keep: "계속 작업하기",
    warning: (minutes) => `작업을 계속하지 않으면 ${minutes}분 뒤에 세션이 끝납니다.`,
    timeWarning: (minutes) => `요금제의 사용 시간이 ${minutes}분 뒤에 끝납니다. 그때 세션도 끝납니다.`,
    savedFirst: "그 전에 모두 저장됩니다.",
    restSavedFirst: "나머지는 그 전에 모두 저장됩니다.",
    usage: "사용량 보기",
    timeLeft: (minutes) => `${minutes}분 남음`,
    hoursLeft: (hours) => `${hours}시간 남음`,
    timeTooltip: "요금제의 사용 시간이 끝날 때까지 남은 시간입니다. 그때 세션도 끝납니다.",
    lost: (ago) => `지난 세션이 중간에 끊겼습니다. 파일은 ${ago} 전에 저장된 상태입니다.`,
    lostAll: "지난 세션이 저장되기 전에 끊겼습니다. 파일은 그 세션을 열기 전 상태입니다.",
    seconds: (n) => `${n}초`,
    minutes: (n) => `${n}분`,
    hours: (n) => `${n}시간`,
    tiers: { boot: "설정", work: "파일", deps: "의존 패키지" },
    restoring: (what, percent) => `${what} 복원 중: ${percent}%`,
    older: (what, ago) => `저장된 ${what} 일부가 손상되어 ${ago} 전에 저장된 상태로 열었습니다. 나머지는 그대로입니다.`,
    inconsistent: (names) =>
      `다음 파일은 마지막으로 저장할 때 쓰이고 있어서 내용이 온전하지 않을 수 있습니다: ${names}. 다른 파일은 온전합니다. 내용을 확인해 보시고, 문제가 있으면 온돌 페이지의 '기록'에서 이전 버전을 되살려 주세요.`,
    someInconsistent: (names, count) =>
      `다음 파일은 마지막으로 저장할 때 쓰이고 있어서 내용이 온전하지 않을 수 있습니다: ${names}. 이 밖에 최대 ${count}개가 더 있을 수 있습니다. 프로그램이 쓰고 있던 파일을 확인해 보시고, 문제가 있으면 온돌 페이지의 '기록'에서 이전 버전을 되살려 주세요.`,
    unrestored: (what) => `${what} 복원에 실패했습니다. 저장된 내용은 그대로 보관되어 있으니 운영자에게 알려 주세요.`,
    over: ({ used, limit, most }) =>
      `파일이 ${size(used)}로 요금제의 저장 공간 ${size(limit)}를 넘었습니다. ${size(most)}까지는 모두 저장되니 필요 없는 파일을 지워 주세요.`,
    notSaved: (bytes) => `${bytes} 저장 안 됨`,
    leftOut: (names, free) =>
      `저장 공간이 부족해 다음 항목은 저장되지 않습니다: ${names}. 나머지는 모두 저장됩니다. ${free} 이상 지우거나 더 큰 요금제로 바꿔 주세요.`,
    more: (count) => `외 ${count}개`,
    apart: "저장되지 않은 항목은 세션이 끝날 때 따로 보관되며, 30일 동안 내려받거나 되살릴 수 있습니다.",
    lostAtEnd: (names) => `다음 항목은 따로 보관할 공간도 부족합니다: ${names}. 세션이 끝나기 전에 내려받아 주세요.`,
    others: (bytes) => `그 밖의 항목 ${bytes}`,
    show: "위치 보기",
    showWhich: "저장되지 않은 항목",
    seePlans: "온돌 페이지 열기",
  },
};

/** The words for a language tag of the editor, such as "ko" or "en-gb". */
exports.wordsFor = (language) => (language.startsWith("ko") ? WORDS.ko : WORDS.en);

/** What is not saved, how much must be deleted before it fits, and what happens to it when the session ends. */
exports.leftOut = (words, { used, limit, left_out: { entries, count, bytes, lost_bytes: lost } }) => {
  const free = size(Math.max(1, used + bytes - limit));
  const said = [words.leftOut(names(words, entries, count), free)];
  if (lost < bytes) said.push(words.apart);
  const gone = entries.filter(({ kept }) => !kept);
  if (lost > 0) said.push(words.lostAtEnd(namesOf(words, gone, lost)));
  return said.join(" ");
};

/** Whether something is not saved, as far as the agent has told. */
exports.isFull = (storage) => Boolean(storage?.left_out.count);

/** What becomes of what is not saved when the session ends: a line for what is kept apart, and one for what is lost.
 *  `most`: how many names a line has. */
exports.atEnd = (words, { left_out: { entries, bytes, lost_bytes: lost } }, most = 3) => {
  const lines = [];
  const kept = entries.filter((entry) => entry.kept);
  const gone = entries.filter((entry) => !entry.kept);
  if (lost < bytes) lines.push(words.keptAtEnd(namesOf(words, kept, bytes - lost, most)));
  if (lost > 0) lines.push(words.goneAtEnd(namesOf(words, gone, lost, most)));
  return lines;
};

/** What the newest save has left out, in few words. */
exports.savedExcept = (words, { left_out: { entries, count } }) => words.savedExcept(names(words, entries, count));

/** The names and sizes of the largest few. */
function names(words, entries, count) {
  const told = entries.slice(0, 3).map(named);
  if (count > told.length) told.push(words.more(count - told.length));
  return told.join(", ");
}

/** The same where the number of all is not known, and the sum of their sizes is: the agent lists only the largest. */
function namesOf(words, entries, bytes, most = 3) {
  const told = entries.slice(0, most);
  const rest = told.reduce((left, entry) => left - entry.bytes, bytes);
  return [...told.map(named), ...(rest > 0 ? [words.others(size(rest))] : [])].join(", ");
}

const named = ({ path, bytes }) => `${visible(path)} (${size(bytes)})`;

/** A path without invisible characters, which could change how the text around it is read. A long path keeps its end. */
function visible(path) {
  const told = path.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  return told.length > 60 ? `…${told.slice(-59)}` : told;
}

exports.visible = visible;

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

/** A time ahead in minutes, at least one. */
exports.minutesAhead = (seconds) => Math.max(1, Math.round(seconds / 60));

/** A length of time in its largest whole unit. */
exports.length = (words, seconds) => {
  if (seconds < 60) return words.seconds(Math.max(1, Math.floor(seconds)));
  if (seconds < 3600) return words.minutes(Math.floor(seconds / 60));
  return words.hours(Math.floor(seconds / 3600));
};
