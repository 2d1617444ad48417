import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const MAKE = `
set -eu
new="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
openssl req -x509 $new -days 30 -keyout ca.key -out ca.crt -subj /CN=test-ca
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out sa.key
openssl pkey -in sa.key -pubout -out sa.pub
certificate() {
  openssl req $new -keyout "$1.key" -out "$1.csr" -subj "$2"
  printf 'subjectAltName=%s\\nextendedKeyUsage=clientAuth,serverAuth\\n' "$3" > "$1.ext"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 30 -out "$1.crt" -extfile "$1.ext"
}
certificate apiserver /CN=kube-apiserver DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1
certificate admin /O=system:masters/CN=admin DNS:admin
certificate controller-manager /CN=system:kube-controller-manager DNS:controller-manager
`;

/** Makes a CA, the API server's and its users' certificates, and the ServiceAccount key, in this folder. */
export async function makeCertificates(folder: string): Promise<void> {
  await promisify(execFile)('sh', ['-c', MAKE], { cwd: folder });
}

/** Writes `<folder>/<file>`: a kubeconfig of this user (a certificate in the folder) for this server. Returns its path. */
export async function writeKubeconfig(
  folder: string,
  access: { readonly file: string; readonly user: string; readonly server: string },
): Promise<string> {
  const base64 = async (file: string) => (await readFile(join(folder, file))).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'test', cluster: { server: access.server, 'certificate-authority-data': await base64('ca.crt') } },
    ],
    users: [
      {
        name: access.user,
        user: {
          'client-certificate-data': await base64(`${access.user}.crt`),
          'client-key-data': await base64(`${access.user}.key`),
        },
      },
    ],
    contexts: [{ name: 'test', context: { cluster: 'test', user: access.user } }],
    'current-context': 'test',
  };
  const path = join(folder, access.file);
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
