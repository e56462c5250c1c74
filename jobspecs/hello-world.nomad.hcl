job "hello-world-1~hello-group" {
  type        = "batch"
  priority    = 50
  node_pool   = "default"
  datacenters = ["*"]
  all_at_once = true

  ui {
    description = "OSMO group hello-group of workflow hello-world-1, a gang of 1: its members start together or not at all. Until then only the hold runs; its recent events say what it waits for. Needs: hello (lead) 1 CPU, 1 GiB."
  }

  meta {
    osmo_barrier               = "true"
    osmo_barrier_timeout       = "600"
    osmo_group                 = "hello-group"
    osmo_ignore_nonlead_status = "true"
    osmo_lead                  = "hello"
    osmo_members               = "hello"
    osmo_pool                  = "default"
    osmo_priority              = "NORMAL"
    osmo_protocol              = "1"
    osmo_start_timeout         = "1800"
    osmo_workflow              = "hello-world-1"
  }

  group "hello-group" {
    # The hold: one small task that is the gang while it waits, and ends with it.
    count = 1

    affinity {
      attribute = "${attr.osmo.platform}"
      operator  = "regexp"
      value     = "."
      weight    = -25
    }

    affinity {
      attribute = "${attr.osmo.gpu.model}"
      operator  = "regexp"
      value     = "."
      weight    = -25
    }

    restart {
      attempts = 10
      interval = "1m"
      delay    = "1s"
      mode     = "delay"
    }

    reschedule {
      attempts       = 0
      delay          = "30s"
      delay_function = "constant"
      unlimited      = true
    }

    ephemeral_disk {
      size = 10
    }

    task "hold" {
      driver       = "gang"
      kill_timeout = "30s"

      config {
        role = "hold"
      }

      resources {
        cpu    = 5
        memory = 16
      }

      logs {
        max_files     = 1
        max_file_size = 1
      }
    }
  }

  group "hello" {
    # A member: the plugin sets the count to 1 when all of the gang can be placed.
    count = 0

    meta {
      osmo_dns_name = "hello-hello-world-1.service.consul"
      osmo_driver   = "docker"
      osmo_member   = "hello"
      osmo_upload   = "true"
    }

    reschedule {
      attempts  = 0
      unlimited = false
    }

    disconnect {
      replace    = false
      lost_after = "1h"
    }

    ephemeral_disk {
      size = 1024
    }

    network {
      mode = "host"
    }

    service {
      name     = "hello-hello-world-1"
      provider = "consul"
    }

    task "arrive" {
      driver       = "gang"
      kill_timeout = "15s"

      lifecycle {
        hook    = "prestart"
        sidecar = true
      }

      config {
        role = "member"
      }

      resources {
        cpu    = 5
        memory = 10
      }

      restart {
        attempts = 10
        interval = "1m"
        delay    = "1s"
        mode     = "delay"
      }

      logs {
        max_files     = 1
        max_file_size = 1
      }
    }

    task "hello" {
      driver       = "docker"
      kill_timeout = "30s"
      kill_signal  = "SIGTERM"

      config {
        entrypoint         = ["/alloc/osmo/osmo-gate"]
        image              = "python:3.12-bookworm"
        image_pull_timeout = "30m"
        network_mode       = "host"

        mount {
          readonly = false
          source   = "../alloc/osmo/hello/data"
          target   = "/osmo/data"
          type     = "bind"
        }
      }

      template {
        destination     = "local/osmo/command.json"
        change_mode     = "noop"
        left_delimiter  = "[%"
        right_delimiter = "%]"
        data            = <<EOT
{
  "version": "1",
  "member": "hello",
  "argv": [
    "bash",
    "-c",
    "echo \"Hello, world! This is hello-world-1 on $(hostname).\""
  ]
}
EOT
      }

      env {
        NVIDIA_VISIBLE_DEVICES = ""
      }

      resources {
        cores  = 1
        memory = 1024
      }

      restart {
        attempts = 0
        mode     = "fail"
      }

      logs {
        max_files     = 10
        max_file_size = 10
      }
    }
  }
}
