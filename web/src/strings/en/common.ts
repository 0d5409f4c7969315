export const common = {
  starting: "One moment…",
  open: "Open",
  plan: "Plan",
  storage: "Storage",
  storageOf: (used: string, limit: string | null) => (limit ? `${used} of ${limit}` : used),
  noLimit: "without limit",
  leftOf: (left: string, granted: string) => `${left} of ${granted}`,
  download: "Download",
  back: "Back",
  wrong: "Something went wrong",
  tryAgain: "Try again",
  unexpected: (error: string) => `Something unexpected happened in this page: ${error}. Reload it and try again.`,
  lasted: (seconds: number): string => {
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    if (seconds < 60) return `${Math.floor(seconds)} s`;
    return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  },
  left: (seconds: number): string => `${seconds} s`,
  minutes: (count: number): string => `${count} min`,
  hours: (count: number): string => `${count} h`,
};
