// Puts "2 hours ago" behind the absolute times marked data-relative.
const format = new Intl.RelativeTimeFormat(document.documentElement.lang, { numeric: "auto" });
const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
for (const time of document.querySelectorAll("time[data-relative]")) {
  const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
  if (Number.isNaN(seconds)) continue;
  const [unit, size] = units.find(([, s]) => Math.abs(seconds) >= s) ?? ["second", 1];
  const relative = document.createElement("span");
  relative.className = "muted small";
  relative.textContent = ` (${format.format(Math.round(seconds / size), unit)})`;
  time.after(relative);
}
