// What the window's scripts say, in the language of the member's account. This file shares window.js's block.

const isKorean = (STATE.language || navigator.language).toLowerCase().startsWith("ko");
const LANGUAGE = isKorean ? "ko" : "en";

// by the control plane's word for why a session ended (EndReason in shared/sessions/session.py); "" for any other
const ENDED = {
  en: {
    member: { title: "Ended: you stopped your workspace", button: "Open" },
    idle: { title: "Ended: nothing happened in your workspace for a while", button: "Open" },
    allowance: {
      title: "Ended: your plan's time is used up",
      next: "Ondol's page says when your time renews, and which plan has more.",
      button: "See when it renews",
    },
    suspended: {
      title: "Ended: an operator has suspended your account",
      next: "Everything that was saved is kept. Ondol's page says whom to write to.",
      button: "Ondol's page",
    },
    operator: {
      title: "Ended: an operator stopped your workspace",
      next: "Your workspace opens again as it was saved.",
      button: "Open",
    },
    "signed-out": { title: "Ended: you have signed out everywhere", button: "Sign in again" },
    team: {
      title: "Ended: you joined a team, or are no longer in one",
      next: "Another plan pays from now on. Your workspace opens again as it was saved.",
      button: "Open",
    },
    deleted: { title: "Ended: your account is being deleted", button: "Ondol's page" },
    stopped: { title: "Ended: the cloud stopped this container", button: "Open" },
    lost: {
      title: "Ended: the container was lost",
      next: "Your workspace opens in another one, as it was saved.",
      button: "Open",
    },
    "": { title: "Your session has ended", button: "Open" },
  },
  ko: {
    member: { title: "작업 공간을 끝내셨습니다", button: "열기" },
    idle: { title: "한동안 쓰지 않아 세션이 끝났습니다", button: "열기" },
    allowance: {
      title: "요금제의 사용 시간을 모두 써서 세션이 끝났습니다",
      next: "사용 시간이 언제 갱신되는지, 시간이 더 많은 요금제는 무엇인지 온돌 페이지에서 볼 수 있습니다.",
      button: "갱신 시각 보기",
    },
    suspended: {
      title: "계정이 정지되어 세션이 끝났습니다",
      next: "저장된 내용은 모두 그대로 있습니다. 문의할 곳은 온돌 페이지에 있습니다.",
      button: "온돌 페이지로 가기",
    },
    operator: {
      title: "운영자가 작업 공간을 끝냈습니다",
      next: "작업 공간은 저장된 상태로 다시 열립니다.",
      button: "열기",
    },
    "signed-out": { title: "모든 기기에서 로그아웃되어 세션이 끝났습니다", button: "다시 로그인하기" },
    team: {
      title: "팀에 들어갔거나 이제 팀에 속하지 않아 세션이 끝났습니다",
      next: "이제부터 다른 요금제로 사용합니다. 작업 공간은 저장된 상태로 다시 열립니다.",
      button: "열기",
    },
    deleted: { title: "계정이 삭제되어 세션이 끝났습니다", button: "온돌 페이지로 가기" },
    stopped: { title: "클라우드에서 컨테이너를 중지해 세션이 끝났습니다", button: "열기" },
    lost: {
      title: "컨테이너가 사라져 세션이 끝났습니다",
      next: "작업 공간은 저장된 상태로 다른 컨테이너에서 열립니다.",
      button: "열기",
    },
    "": { title: "세션이 끝났습니다", button: "열기" },
  },
}[LANGUAGE];

const COVER_WORDS = {
  en: {
    quiet: "Connection lost",
    quietWhat:
      "Your workspace does not answer. Ondol keeps trying. This message closes by itself when your workspace answers.",
    unconnectedWhat:
      "Your workspace answers, but this editor has no connection to it yet. The editor tries again within half a minute. This message closes by itself when the editor is connected.",
    reload: "Load the editor again",
    signedOut: "You have signed out in this browser",
    back: "Back to Ondol to open it again",
    saving: "Everything is being saved.",
    saved: (time) => `Everything is saved, as of ${time}.`,
    savingRest: "What your plan's storage has room for is being saved.",
    savedRest: (time) => `What your plan's storage has room for is saved, as of ${time}.`,
    keptApart: (size) => `${size} had no room there and are kept for 30 days. The history on Ondol's page has them.`,
    notKept: (size) => `${size} are neither saved nor kept: there was no room, or no time to pack them.`,
    savedBefore: (time) => `Your files were saved at ${time}.`,
    savedSince: (time) => `Your files are saved, as of ${time} or later.`,
    unknown: "Ondol's page says of what time your files are.",
    never: "Nothing was saved in this session yet.",
    kept: (names) =>
      `What you typed last is kept in this browser: ${names}. Leave with the button below, and the editor offers to bring the text back when your workspace is open again.`,
    tooLarge: (names) =>
      `This text is too large to be taken along: ${names}. Keep a copy before you leave this page.`,
    copy: "Keep a copy of the text",
    more: (count) => `and ${count} more`,
  },
  ko: {
    quiet: "연결이 끊겼습니다",
    quietWhat: "작업 공간이 응답하지 않습니다. 계속 다시 연결하고 있으며, 연결되면 이 창은 자동으로 닫힙니다.",
    unconnectedWhat:
      "작업 공간은 응답하지만 편집기가 아직 연결되지 않았습니다. 편집기가 30초 안에 다시 연결을 시도하며, 연결되면 이 창은 자동으로 닫힙니다.",
    reload: "편집기 다시 불러오기",
    signedOut: "이 브라우저에서 로그아웃하셨습니다",
    back: "온돌로 돌아가 다시 열기",
    saving: "모두 저장하고 있습니다.",
    saved: (time) => `${time}에 모두 저장되었습니다.`,
    savingRest: "저장 공간에 들어가는 것을 저장하고 있습니다.",
    savedRest: (time) => `저장 공간에 들어가는 것은 ${time}에 모두 저장되었습니다.`,
    keptApart: (size) => `저장 공간이 부족한 ${size}는 30일 동안 따로 보관됩니다. 온돌 페이지의 '기록'에 있습니다.`,
    notKept: (size) => `${size}는 보관할 공간이나 시간이 부족해 저장되지도 보관되지도 않았습니다.`,
    savedBefore: (time) => `파일은 ${time}에 저장되었습니다.`,
    savedSince: (time) => `파일은 ${time} 또는 그 뒤에 저장된 상태입니다.`,
    unknown: "파일이 언제 저장된 상태인지는 온돌 페이지에서 볼 수 있습니다.",
    never: "이 세션에서는 아직 저장된 것이 없습니다.",
    kept: (names) =>
      `마지막으로 입력한 내용은 이 브라우저에 보관되어 있습니다: ${names}. 아래 버튼으로 이동한 뒤 작업 공간을 다시 열면 되살릴 수 있습니다.`,
    tooLarge: (names) =>
      `다음 내용은 너무 커서 함께 옮길 수 없습니다: ${names}. 이 페이지를 떠나기 전에 사본을 받아 두세요.`,
    copy: "입력한 내용의 사본 받기",
    more: (count) => `외 ${count}개`,
  },
}[LANGUAGE];

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

/** Bytes for people: 210 MB, 1.2 GB. */
const inUnits = (bytes) => {
  const step = Math.max(0, Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3)));
  const format = { style: "unit", unit: UNITS[step], maximumFractionDigits: bytes / 1000 ** step < 10 ? 1 : 0 };
  return new Intl.NumberFormat(LANGUAGE, format).format(bytes / 1000 ** step);
};

/** A moment by the member's clock, with the day if that is not today. */
const clockOf = (moment) => {
  const date = new Date(moment);
  const isToday = date.toDateString() === new Date().toDateString();
  const day = isToday ? {} : { month: "long", day: "numeric" };
  return date.toLocaleString(LANGUAGE, { ...day, hour: "numeric", minute: "2-digit" });
};
