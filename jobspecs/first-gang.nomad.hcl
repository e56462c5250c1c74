job "first-gang-1~lab" {
  type        = "batch"
  priority    = 50
  node_pool   = "default"
  datacenters = ["*"]
  all_at_once = true

  ui {
    description = "OSMO group lab of workflow first-gang-1, a gang of 2: its members start together or not at all. Until then only the hold runs; its recent events say what it waits for. Needs: sim 1 GPU, 1 CPU, 1 GiB on ovx-a40, port 8080; robot (lead) 1 CPU, 1 GiB on agx-orin-jp6."
  }

  meta {
    osmo_barrier               = "true"
    osmo_barrier_timeout       = "600"
    osmo_group                 = "lab"
    osmo_ignore_nonlead_status = "true"
    osmo_lead                  = "robot"
    osmo_members               = "sim,robot"
    osmo_pool                  = "default"
    osmo_priority              = "NORMAL"
    osmo_protocol              = "1"
    osmo_start_timeout         = "1800"
    osmo_workflow              = "first-gang-1"
  }

  group "lab" {
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

    affinity {
      attribute = "${attr.osmo.platform}"
      value     = "ovx-a40"
      weight    = -100
    }

    affinity {
      attribute = "${attr.osmo.platform}"
      value     = "agx-orin-jp6"
      weight    = -100
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

  group "sim" {
    # A member: the plugin sets the count to 1 when all of the gang can be placed.
    count = 0

    meta {
      osmo_dns_name = "sim-first-gang-1.service.consul"
      osmo_driver   = "docker"
      osmo_member   = "sim"
      osmo_platform = "ovx-a40"
      osmo_upload   = "true"
    }

    constraint {
      attribute = "${attr.osmo.platform}"
      value     = "ovx-a40"
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

      port "p8080" {
        static = 8080
      }
    }

    service {
      name     = "sim-first-gang-1"
      provider = "consul"
      port     = "p8080"
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

    task "sim" {
      driver       = "docker"
      kill_timeout = "30s"
      kill_signal  = "SIGTERM"

      config {
        entrypoint         = ["/alloc/osmo/osmo-gate"]
        image              = "python:3.12"
        image_pull_timeout = "30m"
        network_mode       = "host"

        mount {
          readonly = false
          source   = "../alloc/osmo/sim/data"
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
  "member": "sim",
  "argv": [
    "python3",
    "-m",
    "http.server",
    "8080"
  ]
}
EOT
      }

      resources {
        cores  = 1
        memory = 1024

        device "nvidia/gpu" {
          count = 1
        }
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

  group "robot" {
    # A member: the plugin sets the count to 1 when all of the gang can be placed.
    count = 0

    meta {
      osmo_dns_name = "robot-first-gang-1.service.consul"
      osmo_driver   = "docker"
      osmo_member   = "robot"
      osmo_platform = "agx-orin-jp6"
      osmo_upload   = "true"
    }

    constraint {
      attribute = "${attr.osmo.platform}"
      value     = "agx-orin-jp6"
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
      name     = "robot-first-gang-1"
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

    task "robot" {
      driver       = "docker"
      kill_timeout = "30s"
      kill_signal  = "SIGTERM"

      config {
        entrypoint         = ["/alloc/osmo/osmo-gate"]
        image              = "python:3.12"
        image_pull_timeout = "30m"
        network_mode       = "host"

        mount {
          readonly = false
          source   = "../alloc/osmo/robot/data"
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
  "member": "robot",
  "argv": [
    "bash",
    "-c",
    "curl -sSfo /tmp/world --retry 9 --retry-connrefused http://sim-first-gang-1.service.consul:8080 && echo the robot sees the simulation"
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
