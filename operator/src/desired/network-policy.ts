import { labels, ports } from '@churnops/crds';
import type { DesiredObject } from '../runtime/kube-object.js';
import type { Model, Release } from '../world.js';
import { childLabels, childMetadata } from './ownership.js';

/** Every namespace carries its own name as this label; the API server sees to it. */
const NAMESPACE_NAME = 'kubernetes.io/metadata.name';

/**
 * Who may connect to pods of the model: to the API everyone, to metrics the operator and the scrapers, to the peer port its
 * serving pods. It selects training pods too: they listen on no port, and so nobody reaches one that something inside of them
 * opens.
 *
 * Probes of the kubelet come from the pod's own node, which a NetworkPolicy never shuts out: the Kubernetes documentation
 * demands it, and Calico, Cilium, Antrea, OVN-Kubernetes, kube-router, kindnet and the agents of EKS, GKE and AKS let a node
 * reach its pods by default. So the probes, on the port of the metrics, need no rule, and there is no selector that could
 * name a node.
 */
export function networkPolicy(model: Model, release: Release): DesiredObject {
  const { name } = model.key;
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: childMetadata(model, name, childLabels(name, 'serving')),
    spec: {
      podSelector: { matchLabels: { [labels.model]: name } },
      policyTypes: ['Ingress'],
      ingress: [
        // Without `from`: other namespaces, load balancers and nodes alike.
        { ports: [{ protocol: 'TCP', port: ports.http.number }] },
        {
          from: [{ namespaceSelector: { matchExpressions: [scrapers(release)] } }],
          ports: [{ protocol: 'TCP', port: ports.metrics.number }],
        },
        {
          from: [{ podSelector: { matchLabels: { [labels.component]: 'serving', [labels.model]: name } } }],
          ports: [{ protocol: 'TCP', port: ports.peer.number }],
        },
      ],
    },
  };
}

function scrapers({ operatorNamespace, scrapeNamespaces }: Release) {
  const values = [...new Set([operatorNamespace, ...scrapeNamespaces])].toSorted();
  return { key: NAMESPACE_NAME, operator: 'In', values };
}
