// Package devcluster is a whole Nomad and Consul cluster on one machine. Its hosts are network namespaces on a bridge:
// each has its own address, its own Consul agent that answers DNS on port 53, and its own Nomad client with the gang
// plugin; a Consul server and a Nomad server sit beside them. The programs are the real ones, so what a workflow does
// here it does on a cluster of machines.
//
// Everything that belongs to a cluster is found again from the names of its namespaces and from one record on disk,
// which is written before the thing that it names is made. So Down works after anything was killed, and finds every
// process by the namespace that it lives in, never by a name.
//
// Linux and root only.
package devcluster
