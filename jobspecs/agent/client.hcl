# What a Nomad client needs to run gangs: the binary nomad-driver-gang in its
# plugin_dir, and this block. Without the block Nomad skips the binary.
#
# The same block on every client of the cluster; each plugin stands for election,
# one of them releases the gangs.

plugin_dir = "/opt/nomad/plugins"

client {
  enabled = true
}

plugin "nomad-driver-gang" {
  config {
    # The plugin gets nothing of the agent's own TLS and ACL settings. What is
    # left out here comes from NOMAD_ADDR, NOMAD_TOKEN, CONSUL_HTTP_ADDR, … of the
    # agent's environment.
    nomad {
      address = "http://127.0.0.1:4646"
      # token       = "…"                        # jobspecs/acl/nomad-plugin.policy.hcl
      # region      = "global"
      # ca_cert     = "/etc/nomad.d/tls/ca.pem"
      # client_cert = "/etc/nomad.d/tls/client.pem"
      # client_key  = "/etc/nomad.d/tls/client-key.pem"
    }

    consul {
      address = "http://127.0.0.1:8500"
      # token = "…"                              # jobspecs/acl/consul-plugin.policy.hcl
    }

    # The nameserver of this node that knows .consul. Left out: those of
    # /etc/resolv.conf. The port is 53 unless it says "address:port".
    # dns {
    #   servers = ["10.1.2.3"]
    # }

    # The platform of this node is found out: Jetson model and JetPack, or NVIDIA
    # GPU model. Rules of your own are looked at first, `platform` overrides all.
    # rule {
    #   platform  = "lab-4090"
    #   attribute = "osmo.gpu.model"
    #   pattern   = "RTX 4090"
    # }
    # platform = "agx-orin-jp6"

    # A node that never stands for election.
    # admitter = false
  }
}
