// What is asked of the estimate: the inputs, the steps of their sliders, and how an address keeps them.

import type { EstimateData } from "../../api";

export type Asked = Required<Omit<NonNullable<EstimateData["query"]>, "language" | "by_instance">>;
export type Slider = "members" | "hours" | "sessions" | "background" | "stored" | "warm";

export const STEPS: Record<Slider, readonly number[]> = {
  members: [10, 20, 30, 50, 100, 200, 300, 500, 1000, 2000, 3000, 5000, 10000],
  hours: [0.1, 0.2, 0.5, 1, 2, 3, 5, 8, 10, 15, 20, 30, 40, 60, 80, 120, 160],
  sessions: [0.2, 0.5, 1, 2, 4, 6, 8, 10, 15, 20, 30, 40, 60],
  background: [0, 1, 2, 5, 10, 20, 50, 100],
  stored: [0, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20],
  warm: [0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 40],
};
export const SLIDERS = Object.keys(STEPS) as Slider[];
export const SHAPES = [[1, 2], [1, 4], [2, 4], [2, 8], [4, 8]] as const;
export const PLACES = ["seoul", "iowa"] as const;
export const PLANS = ["free", "starter", "pro", "team"] as const;

const USUAL: Asked = {
  place: "seoul",
  members: 1000,
  plan: "pro",
  hours: 5,
  sessions: 10,
  background: 0,
  stored: 0.1,
  warm: 2,
  cpu: 1,
  memory: 2,
  free_tiers: false,
};

/** The inputs that an address has; what it lacks, or has as something that no input can be, is as usual. */
export function readInputs(query: string): Asked {
  const given = new URLSearchParams(query);
  const asked = { ...USUAL, free_tiers: given.get("free_tiers") === "true" };
  for (const name of SLIDERS) {
    const steps = STEPS[name];
    const value = Number(given.get(name) ?? Number.NaN);
    if (value >= (steps[0] ?? 0) && value <= (steps.at(-1) ?? 0)) {
      asked[name] = name === "members" || name === "warm" ? Math.round(value) : value;
    }
  }
  asked.place = PLACES.find((each) => each === given.get("place")) ?? asked.place;
  asked.plan = PLANS.find((each) => each === given.get("plan")) ?? asked.plan;
  const shape = SHAPES.find(([cpu, memory]) => given.get("cpu") === `${cpu}` && given.get("memory") === `${memory}`);
  if (shape) [asked.cpu, asked.memory] = shape;
  return asked;
}

/** What of an address keeps the inputs: those that are not as usual. */
export function writeInputs(asked: Asked): string {
  const names = Object.keys(USUAL) as (keyof Asked)[];
  const changed = names.filter((name) => asked[name] !== USUAL[name] || (isOfShape(name) && isOtherShape(asked)));
  const query = new URLSearchParams(changed.map((name) => [name, `${asked[name]}`])).toString();
  return query && `?${query}`;
}

function isOfShape(name: keyof Asked): boolean {
  return name === "cpu" || name === "memory";
}

/** The two numbers of a shape stand in an address together. */
function isOtherShape({ cpu, memory }: Asked): boolean {
  return cpu !== USUAL.cpu || memory !== USUAL.memory;
}

/** The step of a slider that is nearest to a value. */
export function stepOf(name: Slider, value: number): number {
  const steps = STEPS[name];
  const distances = steps.map((step) => Math.abs(step - value));
  return distances.indexOf(Math.min(...distances));
}
