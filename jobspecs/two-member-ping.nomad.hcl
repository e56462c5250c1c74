job "two-member-ping-1~table" {
  type        = "batch"
  priority    = 50
  node_pool   = "default"
  datacenters = ["*"]
  all_at_once = true

  ui {
    description = "OSMO group table of workflow two-member-ping-1, a gang of 2: its members start together or not at all. Until then only the hold runs; its recent events say what it waits for. Needs: ping (lead) 1 CPU, 256 MiB; pong 1 CPU, 256 MiB, port 7100."
  }

  meta {
    osmo_barrier               = "true"
    osmo_barrier_timeout       = "600"
    osmo_exec_timeout          = "300"
    osmo_group                 = "table"
    osmo_ignore_nonlead_status = "true"
    osmo_lead                  = "ping"
    osmo_members               = "ping,pong"
    osmo_pool                  = "default"
    osmo_priority              = "NORMAL"
    osmo_protocol              = "1"
    osmo_start_timeout         = "1800"
    osmo_workflow              = "two-member-ping-1"
  }

  group "table" {
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

  group "ping" {
    # A member: the plugin sets the count to 1 when all of the gang can be placed.
    count = 0

    meta {
      osmo_dns_name = "ping-two-member-ping-1.service.consul"
      osmo_driver   = "docker"
      osmo_member   = "ping"
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
      size = 512
    }

    network {
      mode = "host"
    }

    service {
      name     = "ping-two-member-ping-1"
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

    task "ping" {
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
          source   = "../alloc/osmo/ping/data"
          target   = "/osmo/data"
          type     = "bind"
        }

        mount {
          readonly = true
          source   = "local/osmo/files/0"
          target   = "/tmp/ping.sh"
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
  "member": "ping",
  "argv": [
    "bash",
    "/tmp/ping.sh"
  ],
  "environment": {
    "PONG": "pong-two-member-ping-1.service.consul:7100"
  }
}
EOT
      }

      template {
        destination     = "local/osmo/files/0"
        change_mode     = "noop"
        left_delimiter  = "[%"
        right_delimiter = "%]"
        data            = <<EOT
host=$${PONG%:*} port=$${PONG##*:}

# One ball: open a connection, say a line, read the answer.
ball() {
  exec 3<> "/dev/tcp/$host/$port" || return 1
  echo "$1" >&3
  read -r -t 5 answer <&3
  exec 3>&-
  echo "ping: said '$1', heard '$answer'"
  [ "$answer" = "pong $1" ]
} 2> /dev/null

for try in $(seq 50); do
  ball "ball 0" && break
  [ "$try" -eq 50 ] && echo "ping: nobody answers at $PONG" && exit 1
  sleep 0.2
done
for n in $(seq 5); do
  ball "ball $n" || exit 1
done
EOT
      }

      env {
        NVIDIA_VISIBLE_DEVICES = ""
      }

      resources {
        cores  = 1
        memory = 256
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

  group "pong" {
    # A member: the plugin sets the count to 1 when all of the gang can be placed.
    count = 0

    meta {
      osmo_dns_name = "pong-two-member-ping-1.service.consul"
      osmo_driver   = "docker"
      osmo_member   = "pong"
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
      size = 512
    }

    network {
      mode = "host"

      port "p7100" {
        static = 7100
      }
    }

    service {
      name     = "pong-two-member-ping-1"
      provider = "consul"
      port     = "p7100"
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

    task "pong" {
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
          source   = "../alloc/osmo/pong/data"
          target   = "/osmo/data"
          type     = "bind"
        }

        mount {
          readonly = true
          source   = "local/osmo/files/0"
          target   = "/tmp/pong.py"
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
  "member": "pong",
  "argv": [
    "python3",
    "-u",
    "/tmp/pong.py"
  ]
}
EOT
      }

      template {
        destination     = "local/osmo/files/0"
        change_mode     = "noop"
        left_delimiter  = "[%"
        right_delimiter = "%]"
        data            = <<EOT
import socketserver

class Table(socketserver.StreamRequestHandler):
    def handle(self):
        said = self.rfile.readline().decode().strip()
        self.wfile.write(f"pong {said}\n".encode())
        print(f"pong: {said!r} from {self.client_address[0]}")

socketserver.TCPServer.allow_reuse_address = True
with socketserver.TCPServer(("", 7100), Table) as server:
    server.serve_forever()
EOT
      }

      env {
        NVIDIA_VISIBLE_DEVICES = ""
      }

      resources {
        cores  = 1
        memory = 256
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
