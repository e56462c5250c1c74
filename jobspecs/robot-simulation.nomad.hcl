job "robot-simulation-1~hardware-in-the-loop" {
  type        = "batch"
  priority    = 50
  node_pool   = "default"
  datacenters = ["*"]
  all_at_once = true

  ui {
    description = "OSMO group hardware-in-the-loop of workflow robot-simulation-1, a gang of 3: its members start together or not at all. Until then only the hold runs; its recent events say what it waits for. Needs: trainer (lead) 1 GPU, 1 CPU, 1 GiB on ovx-a40, port 7001; simulator 1 GPU, 1 CPU, 1 GiB on ovx-a40, port 7002; robot 1 CPU, 512 MiB on agx-orin-jp6, port 7003."
  }

  meta {
    osmo_barrier               = "true"
    osmo_barrier_timeout       = "600"
    osmo_exec_timeout          = "600"
    osmo_group                 = "hardware-in-the-loop"
    osmo_ignore_nonlead_status = "true"
    osmo_lead                  = "trainer"
    osmo_members               = "trainer,simulator,robot"
    osmo_pool                  = "default"
    osmo_priority              = "NORMAL"
    osmo_protocol              = "1"
    osmo_start_timeout         = "1800"
    osmo_workflow              = "robot-simulation-1"
  }

  group "hardware-in-the-loop" {
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

  group "trainer" {
    # A member: the plugin sets the count to 1 when all of the gang can be placed.
    count = 0

    meta {
      osmo_dns_name = "trainer-robot-simulation-1.service.consul"
      osmo_driver   = "docker"
      osmo_member   = "trainer"
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

      port "p7001" {
        static = 7001
      }
    }

    service {
      name     = "trainer-robot-simulation-1"
      provider = "consul"
      port     = "p7001"
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

    task "trainer" {
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
          source   = "../alloc/osmo/trainer/data"
          target   = "/osmo/data"
          type     = "bind"
        }

        mount {
          readonly = true
          source   = "local/osmo/files/0"
          target   = "/tmp/common.sh"
          type     = "bind"
        }

        mount {
          readonly = true
          source   = "local/osmo/files/1"
          target   = "/tmp/train.sh"
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
  "member": "trainer",
  "argv": [
    "bash",
    "/tmp/common.sh",
    "/tmp/train.sh"
  ],
  "environment": {
    "ROBOT": "http://robot-robot-simulation-1.service.consul:7003",
    "SIMULATOR": "http://simulator-robot-simulation-1.service.consul:7002",
    "TRAINER": "http://trainer-robot-simulation-1.service.consul:7001"
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
# Served files go to $www; `fetch` waits for a peer's file, but not for ever.
www=/tmp/www-$(basename "$1" .sh)
mkdir -p "$www" && cd "$www" || exit 1

serve() {
  python3 -m http.server "$1" > /dev/null 2>&1 &
  trap "kill $!" EXIT
}

publish() { # name, text: other members see all of it or nothing
  echo "$2" > ".$1.tmp" && mv ".$1.tmp" "$1"
}

fetch() { # url
  for try in $(seq 600); do
    curl -sf -m 5 "$1" && return
    sleep 0.1
  done
  echo "no answer: $1" >&2
  return 1
}

source "$1"
EOT
      }

      template {
        destination     = "local/osmo/files/1"
        change_mode     = "noop"
        left_delimiter  = "[%"
        right_delimiter = "%]"
        data            = <<EOT
serve 7001
policy=3
echo "[trainer] robot-simulation-1: braking 11 m ahead is right, first guess $policy m"
fetch "$SIMULATOR/up" > /dev/null && fetch "$ROBOT/up" > /dev/null || exit 1

for round in $(seq 8); do
  publish "policy-$round" "$policy"
  right=0 early=0 late=0
  for step in $(seq 8); do
    publish "go-$round-$step" "now"
    verdict=$(fetch "$SIMULATOR/verdict-$round-$step") || exit 1
    case $verdict in
      right) right=$((right + 1)) ;;
      early) early=$((early + 1)) ;;
      late) late=$((late + 1)) ;;
    esac
  done
  echo "[trainer] round $round: brake at $policy m: $right right, $early too early, $late too late"
  echo "$round,$policy,$right,$early,$late" >> "/osmo/data/output/rounds.csv"
  [ "$((early + late))" -eq 0 ] && echo "[trainer] learned: brake at $policy m" && exit 0
  policy=$((policy + (late > 0 ? 4 : -4)))
done
echo "[trainer] out of rounds, brake at $policy m is the best so far"
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

  group "simulator" {
    # A member: the plugin sets the count to 1 when all of the gang can be placed.
    count = 0

    meta {
      osmo_dns_name = "simulator-robot-simulation-1.service.consul"
      osmo_driver   = "docker"
      osmo_member   = "simulator"
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

      port "p7002" {
        static = 7002
      }
    }

    service {
      name     = "simulator-robot-simulation-1"
      provider = "consul"
      port     = "p7002"
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

    task "simulator" {
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
          source   = "../alloc/osmo/simulator/data"
          target   = "/osmo/data"
          type     = "bind"
        }

        mount {
          readonly = true
          source   = "local/osmo/files/0"
          target   = "/tmp/common.sh"
          type     = "bind"
        }

        mount {
          readonly = true
          source   = "local/osmo/files/1"
          target   = "/tmp/simulate.sh"
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
  "member": "simulator",
  "argv": [
    "bash",
    "/tmp/common.sh",
    "/tmp/simulate.sh"
  ],
  "environment": {
    "ROBOT": "http://robot-robot-simulation-1.service.consul:7003",
    "SIMULATOR": "http://simulator-robot-simulation-1.service.consul:7002",
    "TRAINER": "http://trainer-robot-simulation-1.service.consul:7001"
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
# Served files go to $www; `fetch` waits for a peer's file, but not for ever.
www=/tmp/www-$(basename "$1" .sh)
mkdir -p "$www" && cd "$www" || exit 1

serve() {
  python3 -m http.server "$1" > /dev/null 2>&1 &
  trap "kill $!" EXIT
}

publish() { # name, text: other members see all of it or nothing
  echo "$2" > ".$1.tmp" && mv ".$1.tmp" "$1"
}

fetch() { # url
  for try in $(seq 600); do
    curl -sf -m 5 "$1" && return
    sleep 0.1
  done
  echo "no answer: $1" >&2
  return 1
}

source "$1"
EOT
      }

      template {
        destination     = "local/osmo/files/1"
        change_mode     = "noop"
        left_delimiter  = "[%"
        right_delimiter = "%]"
        data            = <<EOT
serve 7002
publish up yes
RANDOM=42
for round in $(seq 8); do
  for step in $(seq 8); do
    fetch "$TRAINER/go-$round-$step" > /dev/null || exit 1
    distance=$((1 + RANDOM % 20))
    publish "obstacle-$round-$step" "$distance"
    action=$(fetch "$ROBOT/action-$round-$step") || exit 1
    verdict=right
    [ "$action" = brake ] && [ "$distance" -gt 11 ] && verdict=early
    [ "$action" = drive ] && [ "$distance" -le 11 ] && verdict=late
    echo "[simulator] round $round, step $step: obstacle at $distance m, the robot says $action: $verdict"
    publish "verdict-$round-$step" "$verdict"
  done
done
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
      osmo_dns_name = "robot-robot-simulation-1.service.consul"
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

      port "p7003" {
        static = 7003
      }
    }

    service {
      name     = "robot-robot-simulation-1"
      provider = "consul"
      port     = "p7003"
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
        image              = "python:3.12-bookworm"
        image_pull_timeout = "30m"
        network_mode       = "host"

        mount {
          readonly = false
          source   = "../alloc/osmo/robot/data"
          target   = "/osmo/data"
          type     = "bind"
        }

        mount {
          readonly = true
          source   = "local/osmo/files/0"
          target   = "/tmp/common.sh"
          type     = "bind"
        }

        mount {
          readonly = true
          source   = "local/osmo/files/1"
          target   = "/tmp/drive.sh"
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
    "/tmp/common.sh",
    "/tmp/drive.sh"
  ],
  "environment": {
    "ROBOT": "http://robot-robot-simulation-1.service.consul:7003",
    "SIMULATOR": "http://simulator-robot-simulation-1.service.consul:7002",
    "TRAINER": "http://trainer-robot-simulation-1.service.consul:7001"
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
# Served files go to $www; `fetch` waits for a peer's file, but not for ever.
www=/tmp/www-$(basename "$1" .sh)
mkdir -p "$www" && cd "$www" || exit 1

serve() {
  python3 -m http.server "$1" > /dev/null 2>&1 &
  trap "kill $!" EXIT
}

publish() { # name, text: other members see all of it or nothing
  echo "$2" > ".$1.tmp" && mv ".$1.tmp" "$1"
}

fetch() { # url
  for try in $(seq 600); do
    curl -sf -m 5 "$1" && return
    sleep 0.1
  done
  echo "no answer: $1" >&2
  return 1
}

source "$1"
EOT
      }

      template {
        destination     = "local/osmo/files/1"
        change_mode     = "noop"
        left_delimiter  = "[%"
        right_delimiter = "%]"
        data            = <<EOT
serve 7003
publish up yes
for round in $(seq 8); do
  policy=$(fetch "$TRAINER/policy-$round") || exit 1
  for step in $(seq 8); do
    distance=$(fetch "$SIMULATOR/obstacle-$round-$step") || exit 1
    action=drive
    [ "$distance" -le "$policy" ] && action=brake
    sleep 0.7
    publish "action-$round-$step" "$action"
    echo "[robot] $(uname -m): obstacle at $distance m, policy $policy m: $action"
  done
done
EOT
      }

      env {
        NVIDIA_VISIBLE_DEVICES = ""
      }

      resources {
        cores  = 1
        memory = 512
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
