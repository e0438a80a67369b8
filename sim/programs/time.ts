const DAY_SECONDS = 86_400;

/** A time in UTC as RFC 3339 with nanoseconds, without its zone. The host's Date is not for programs. */
export function rfc3339(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const [year, month, day] = civilFromDays(Math.floor(seconds / DAY_SECONDS));
  const second = seconds % DAY_SECONDS;
  const date = `${year}-${pad(month, 2)}-${pad(day, 2)}`;
  const time = [Math.floor(second / 3_600), Math.floor(second / 60) % 60, second % 60]
    .map((part) => pad(part, 2)).join(":");
  return `${date}T${time}.${pad(micros % 1_000_000, 6)}000`;
}

/** Year, month and day of a count of days since 1970 (Howard Hinnant, civil_from_days). */
function civilFromDays(days: number): [number, number, number] {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra -
    (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, "0");
}
