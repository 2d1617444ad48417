import { describe, expect, it } from '@jest/globals';
import { samplesOf } from './metrics-text.js';
import { servedReading } from './served-reading.js';

const page = `
churnops_requests_total{model="telco",route="/predict",code="200"} 90
churnops_requests_total{model="telco",route="/predict",code="400"} 5
churnops_requests_total{model="telco",route="/predict",code="500"} 2
churnops_requests_total{model="telco",route="/predict/batch",code="503"} 3
churnops_requests_total{model="telco",route="/health/ready",code="503"} 1000
churnops_requests_total{model="telco",route="unmatched",code="500"} 1000
churnops_request_duration_seconds_bucket{le="0.05",model="telco",route="/predict"} 70
churnops_request_duration_seconds_bucket{le="0.1",model="telco",route="/predict"} 80
churnops_request_duration_seconds_bucket{le="0.25",model="telco",route="/predict"} 95
churnops_request_duration_seconds_bucket{le="+Inf",model="telco",route="/predict"} 97
churnops_request_duration_seconds_count{model="telco",route="/predict"} 97
churnops_request_duration_seconds_bucket{le="0.05",model="telco",route="/predict/batch"} 0
churnops_request_duration_seconds_bucket{le="0.1",model="telco",route="/predict/batch"} 1
churnops_request_duration_seconds_bucket{le="0.25",model="telco",route="/predict/batch"} 3
churnops_request_duration_seconds_bucket{le="+Inf",model="telco",route="/predict/batch"} 3
churnops_request_duration_seconds_count{model="telco",route="/predict/batch"} 3
churnops_request_duration_seconds_bucket{le="0.1",model="telco",route="/health/ready"} 0
churnops_request_duration_seconds_count{model="telco",route="/health/ready"} 1000
`;
const reading = (text: string, threshold: number) => servedReading(samplesOf(text), threshold);

describe('the requests of users', () => {
  it('are predictions, and fail when the server is at fault', () => {
    expect(reading(page, 100)).toMatchObject({ requests: 100, failed: 5 });
  });

  it.each([
    ['at a bound of the histogram', 100, 100 - 81],
    ['at the next larger bound', 60, 100 - 81],
    ['not beyond the largest bound, but failed then', 300, 5],
  ])('are slow %s', (_, threshold, slow) => {
    expect(reading(page, threshold).slow).toBe(slow);
  });

  it('are none before the first', () => {
    expect(reading('', 100)).toEqual({ requests: 0, failed: 0, slow: 0 });
  });
});
