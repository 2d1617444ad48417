// upload.mjs FILE s3://BUCKET/KEY ENDPOINT, with the keys in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
import { CreateBucketCommand, HeadBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

const [file, uri, endpoint] = process.argv.slice(2);
const { hostname: Bucket, pathname } = new URL(uri);
const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true });
try {
  await client.send(new HeadBucketCommand({ Bucket }));
} catch {
  await client.send(new CreateBucketCommand({ Bucket }));
}
const { size } = await stat(file);
await client.send(
  new PutObjectCommand({ Bucket, Key: pathname.slice(1), Body: createReadStream(file), ContentLength: size }),
);
