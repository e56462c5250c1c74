# Nomad's policy for the plugin's token:
#
#   nomad acl policy apply osmo-nomad jobspecs/acl/nomad-plugin.policy.hcl
#   nomad acl token create -name=osmo-nomad -policy=osmo-nomad
#
# The plugin registers jobs again that users have registered: it changes counts
# and the node a member is bound to, nothing else. List the namespaces that use
# gangs, if not all do.
namespace "*" {
  capabilities = [
    "list-jobs",
    "read-job",        # jobs, allocations, evaluations, their events
    "submit-job",      # release, roll back, end: register with other counts
    "alloc-lifecycle", # stop a hold that is in a member's way
  ]
}

# What nodes there are, and what is free on them.
node {
  policy = "read"
}
