import { describe, expect, it } from '@jest/globals';
import { isNamedLikeFuture } from './future-name.js';

describe('the name of a column', () => {
  it.each([
    'churn_reason',
    'Churn Category',
    'ChurnScore',
    'cancellation-date',
    'exitReason',
    'Attrition_Flag',
    'left_date',
    'closure_cause',
    'WHY_LEFT',
  ])('speaks of what comes after the leaving: %s', (name) => {
    expect(isNamedLikeFuture(name)).toBe(true);
  });

  it.each([
    'contract',
    'status',
    'complains',
    'days_left_in_contract',
    'closed_tickets',
    'reason_for_last_call',
    'leave_of_absence_days',
    'last_login_date',
    'customer_feedback_score',
    'quite_active',
  ])('does not: %s', (name) => {
    expect(isNamedLikeFuture(name)).toBe(false);
  });
});
