/** The user of every image of ChurnOps. */
const USER = 65532;

/** Pod security context that fits the Pod Security level `restricted`. */
export const restrictedPod = {
  runAsNonRoot: true,
  runAsUser: USER,
  runAsGroup: USER,
  fsGroup: USER,
  seccompProfile: { type: 'RuntimeDefault' },
} as const;

/** Container security context that fits the Pod Security level `restricted`. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'] },
} as const;
