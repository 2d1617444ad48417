import type { ChurnModelSpec } from '@churnops/crds';

type CaBundleReference = NonNullable<ChurnModelSpec['data']['caBundleRef']>;

/** What the user says about how to get into a service. */
interface References {
  readonly secretRef?: { readonly name: string } | undefined;
  readonly caBundleRef?: CaBundleReference | undefined;
}

/** The names of the two volumes, or the variables that tell where they are. */
interface Names {
  readonly credentials: string;
  readonly ca: string;
}

/** Parts of a pod. */
export interface PodParts {
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly readOnly: true }[];
  readonly volumes: readonly Readonly<Record<string, unknown>>[];
}

const CA_FILE = 'ca.crt';

/**
 * Lets a container read the keys and the certificates for a service. Both are optional: what is missing makes the container say so,
 * where a required volume leaves the pod waiting.
 */
export function mountedReferences({ secretRef, caBundleRef }: References, names: Names, variables: Names): PodParts {
  const credentials = secretRef && {
    ...{ volume: names.credentials, variable: variables.credentials, file: '' },
    source: { secret: { secretName: secretRef.name, optional: true, defaultMode: 0o440 } },
  };
  const ca = caBundleRef && {
    ...{ volume: names.ca, variable: variables.ca, file: `/${CA_FILE}` },
    source: caSource(caBundleRef),
  };
  const mounted = [credentials, ca].filter((one) => one !== undefined);
  const folder = (volume: string) => `/var/run/churnops/${volume}`;
  return {
    env: mounted.map(({ volume, variable, file }) => ({ name: variable, value: `${folder(volume)}${file}` })),
    volumeMounts: mounted.map(({ volume }) => ({ name: volume, mountPath: folder(volume), readOnly: true })),
    volumes: mounted.map(({ volume, source }) => ({ name: volume, ...source })),
  };
}

function caSource({ kind, name, key }: CaBundleReference) {
  const file = { optional: true, items: [{ key, path: CA_FILE }] };
  return kind === 'Secret' ? { secret: { secretName: name, ...file } } : { configMap: { name, ...file } };
}
