// Preloaded into a process (`node --import`): its time of day is CHURNOPS_SKEW_HOURS wrong. Durations stay right.
const skewMs = Number(process.env.CHURNOPS_SKEW_HOURS ?? 0) * 3_600_000;
const RightDate = Date;

globalThis.Date = class extends RightDate {
  constructor(...args) {
    if (args.length === 0) super(RightDate.now() + skewMs);
    else super(...args);
  }

  static now() {
    return RightDate.now() + skewMs;
  }
};
