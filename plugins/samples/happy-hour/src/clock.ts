/** Times of day as `09:30`, dates as `2026-11-24`. There is no Date in a plugin, and none is needed. */

/** From the one time on, up to the other; over midnight where that is the earlier. */
export function isBetween(time: string, from: string, until: string): boolean {
  return from < until ? from <= time && time < until : from <= time || time < until;
}

/** 1 is Monday, 7 Sunday: Sakamoto's rule. */
export function weekday(date: string): number {
  const [year, month, day] = date.split("-").map(Number) as [number, number, number];
  const y = month < 3 ? year - 1 : year;
  const shift = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][month - 1] ?? 0;
  const sunday0 = (y + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) + shift + day) % 7;
  return sunday0 === 0 ? 7 : sunday0;
}

export function yesterday(day: number): number {
  return day === 1 ? 7 : day - 1;
}
