FROM @DEBIAN@
RUN apt-get update -q && apt-get install -y -q --no-install-recommends iptables nftables conntrack kmod \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /usr/share/doc /usr/share/man
COPY kube /usr/local/bin/kube
RUN for n in etcd kube-apiserver kube-controller-manager kube-scheduler kube-proxy; do ln -s kube /usr/local/bin/$n; done
