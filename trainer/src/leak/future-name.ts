/** Words of a customer who has left, whatever stands beside them. */
const leaving =
  /^(churn|churned|churner|attrition|attrited|cancelled|canceled|cancellation|terminated|termination|deactivated|deactivation|disconnected|disconnection|unsubscribed|offboarded|offboarding|quit)$/;

/** Words that may mean something else, as in days_left, and what makes them speak of the leaving. */
const ambiguous = /^(left|leave|leaving|leaver|exit|exited|cancel|closed|closure|lost|win|winback)$/;
const aftermath = /^(reason|cause|category|why|date|comment|comments|survey|feedback|interview|note|notes|flag)$/;

/** Whether a column is named like something that is known only after a customer has left, as `churn_reason` and `ExitDate` are. */
export function isNamedLikeFuture(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/);
  const has = (pattern: RegExp) => words.some((word) => pattern.test(word));
  return has(leaving) || (has(ambiguous) && has(aftermath));
}
