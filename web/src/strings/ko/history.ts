import type { Words } from "../en";

export const history: Words["history"] = {
  title: "기록",
  about: "저장된 시점을 최근 순으로 보여 드립니다. 되돌려도 지금 상태는 이 목록에 남습니다.",
  whileOpen: "저장된 시점을 최근 순으로 보여 드립니다. 되돌리려면 먼저 작업 공간을 끝내 주세요.",
  empty: "아직 저장된 것이 없습니다.",
  fileCount: (count) => `파일 ${count}개`,
  current: "지금 상태",
  atStop: "세션이 끝날 때 저장됨",
  older: "더 이전 기록 보기",
  changes: (added, changed, removed) =>
    [
      added > 0 && `추가 ${added.toLocaleString()}개`,
      changed > 0 && `수정 ${changed.toLocaleString()}개`,
      removed > 0 && `삭제 ${removed.toLocaleString()}개`,
    ]
      .filter((part) => part !== false)
      .join(", "),
  returned: (path) => `${path} 되살림`,
  restore: "이때로 되돌리기",
  restoreSure: (time) => `${time}의 상태로 되돌릴까요?`,
  restoreAbout: "작업 공간이 모든 파일이 그때 그대로인 상태로 열립니다. 지금 상태는 이 목록에 남아 있어 언제든 다시 돌아올 수 있습니다.",
  restoreNow: "되돌리기",
  restoreNot: "그대로 두기",
  files: "파일 보기",
  filesOf: (time) => `${time}의 파일`,
  emptyFolder: "빈 폴더입니다.",
  moreFiles: "더 보기",
  partial: "파일이 너무 많아 일부만 보여 드립니다. 모두 보려면 내려받거나 경로를 직접 입력해 주세요.",
  notExact: "이 이름은 따로 되살릴 수 없습니다. 이 항목이 들어 있는 폴더를 되살려 주세요.",
  outside: "홈 폴더 안의 경로가 아닙니다. proj/main.py나 ~/proj/main.py처럼 적어 주세요.",
  onePath: "파일이나 폴더 하나만",
  path: "홈 폴더 안의 경로 (예: proj/main.py)",
  bringBack: "되살리기",
  goingBack: "되돌리는 중입니다…",
  wentBack: (time) => `이제 작업 공간이 ${time}의 상태로 열립니다.`,
  broughtBack: (path) => `작업 공간을 열면 ${path} 항목이 돌아와 있습니다.`,
  packing: "파일을 모으는 중입니다…",
  downloading: "내려받기를 시작합니다. 압축을 푸는 명령: tar --zstd -xf",
};
