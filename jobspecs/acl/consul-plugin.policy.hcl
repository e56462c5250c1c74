# Consul's policy for the plugin's token:
#
#   consul acl policy create -name osmo-nomad -rules @jobspecs/acl/consul-plugin.policy.hcl
#   consul acl token create -description osmo-nomad -policy-name osmo-nomad

# The gangs' shared records.
key_prefix "osmo/" {
  policy = "write"
}

# Records that end with the process that wrote them.
session_prefix "" {
  policy = "write"
}

# Which members answer to which name, and where.
service_prefix "" {
  policy = "read"
}
node_prefix "" {
  policy = "read"
}

# Which agent the plugin talks to: sessions belong to its node.
agent_prefix "" {
  policy = "read"
}
