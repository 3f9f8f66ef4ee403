#!/usr/bin/env bash
# Runs the Galaxy tools in a real Galaxy: lint, each tool's tests, a control that must fail,
# the workflow, and the web page in headless Chromium. Galaxy comes from PyPI and runs on 127.0.0.1 with SQLite and
# the local runner; conda and containers are not needed.
#   usage: bash galaxy/test.sh [FOLDER]
# FOLDER (a temporary one unless named) keeps the environments for the next run. Needs Python 3.11,
# and chromium with chromedriver for the last step, which is left out with BROWSER=no.
set -euo pipefail
GALAXY=galaxy==26.1.1      # 26.1.2 wants a certifi that PyPI does not have
PLANEMO=planemo==0.75.47
PYTHON=${PYTHON:-python3.11}
BROWSER=${BROWSER:-yes}

cd "$(dirname "$0")/.."
root=$PWD
if [ $# -gt 0 ]; then mkdir -p "$1"; work=$(cd "$1" && pwd); else work=$(mktemp -d); fi
server=
finish() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; fi
  if [ -n "${temporary:-}" ]; then rm -rf "$work"; fi
  true
}
[ $# -gt 0 ] || temporary=yes
trap finish EXIT
say() { printf '[%4d s] %s\n' $SECONDS "$*"; }
fail() { echo "galaxy/test.sh: $*" >&2; exit 1; }
free_port() { "$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
random() { "$PYTHON" -c 'import secrets; print(secrets.token_hex(16))'; }

# 1. Environments. The tools run from a wheel in one of their own, without Galaxy's packages.
environment() {
  local folder=$work/$1 mark=$work/$1/installed; shift
  [ "$(cat "$mark" 2>/dev/null)" = "$*" ] && return
  "$PYTHON" -m venv --clear "$folder"
  "$folder/bin/pip" install -q "$@" >"$folder/pip.log" 2>&1 || { grep ERROR "$folder/pip.log"; return 1; }
  echo "$*" >"$mark"
}
environment planemo $PLANEMO
environment galaxy $GALAXY
environment tool "$root[train]"
# A kept environment has the package as it was.
"$work/tool/bin/pip" install -q --no-deps --force-reinstall "$root"
say "installed: $(du -sh "$work/planemo" "$work/galaxy" "$work/tool" | awk '{printf "%s %s  ", $1, $2}')"

# 2. Lint. bio.tools is asked only where it can be reached.
tools=$(grep -l '^<tool ' galaxy/*.xml)
skip=()
curl -sfo /dev/null --max-time 10 https://bio.tools/api/tool/viennarna?format=json || skip=(--skip BioToolsValid)
"$work/planemo/bin/planemo" lint "${skip[@]}" --report_level warn --fail_level warn $tools
"$work/planemo/bin/planemo" workflow_lint --report_level warn --fail_level warn galaxy/workflow/*.ga
say "planemo lint ${skip[*]}: no warnings"

# 3. The control: fold with a wrong expectation.
run=$(mktemp -d "$work/run.XXXX")
mkdir -p "$run"/{config,data,home,control,out}
ln -s "$root/test-data" "$run/control/test-data"
cp galaxy/macros.xml "$run/control/"
sed -e 's/id="mirpre_fold"/id="mirpre_control"/' -e 's/hairpins\.folded/regions.folded/' galaxy/fold.xml >"$run/control/control.xml"

# 4. The server.
port=$(free_port); url=http://127.0.0.1:$port; admin=$(random)
export GALAXY_EMAIL=admin@example.org GALAXY_PASSWORD; GALAXY_PASSWORD=$(random)
cat >"$run/tool_conf.xml" <<XML
<toolbox monitor="false">
  <section id="get" name="Get Data"><tool file="data_source/upload.xml"/></section>
  <section id="mirpre" name="mirpre">
$(for tool in $tools; do echo "    <tool file=\"$root/$tool\"/>"; done)
    <tool file="$run/control/control.xml"/>
  </section>
</toolbox>
XML
cat >"$run/galaxy.yml" <<YML
galaxy:
  config_dir: $run/config
  data_dir: $run/data
  database_connection: "sqlite:///$run/data/galaxy.sqlite?isolation_level=IMMEDIATE"
  tool_config_file: $run/tool_conf.xml
  tool_data_table_config_path: $root/galaxy/tool_data_table_conf.xml.test
  galaxy_infrastructure_url: $url
  bootstrap_admin_api_key: $admin
  admin_users: $GALAXY_EMAIL
  conda_auto_init: false
  conda_auto_install: false
  dependency_resolvers: []
  enable_mulled_containers: false
  enable_celery_tasks: false
  enable_tool_shed_check: false
  job_config:
    runners:
      local:
        load: galaxy.jobs.runners.local:LocalJobRunner
        workers: 3
    execution:
      default: local
      environments:
        local:
          runner: local
          env:
            - execute: export PATH=$work/tool/bin:/usr/local/bin:/usr/bin:/bin
YML
env -i HOME="$run/home" LANG=C.UTF-8 VIRTUAL_ENV="$work/galaxy" PATH=/usr/local/bin:/usr/bin:/bin PYTHONWARNINGS=ignore \
  "$work/galaxy/bin/galaxy-web" -c "$run/galaxy.yml" -b "127.0.0.1:$port" >"$run/galaxy.log" 2>&1 &
server=$!
for _ in $(seq 300); do
  curl -sf "$url/api/version" >/dev/null && break
  kill -0 "$server" 2>/dev/null || { tail -20 "$run/galaxy.log"; fail "Galaxy ended at its start"; }
  sleep 1
done
api() { curl -sf -H "x-api-key: $admin" -H 'content-type: application/json' "$@"; }
user=$(api "$url/api/users" -d "{\"username\": \"tester\", \"email\": \"$GALAXY_EMAIL\", \"password\": \"$GALAXY_PASSWORD\"}" |
  "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["id"])')
GALAXY_KEY=$(api -X POST "$url/api/users/$user/api_key" | tr -d '"'); export GALAXY_KEY
say "Galaxy $("$work/galaxy/bin/pip" list 2>/dev/null | awk '$1 == "galaxy" {print $2}') answers"

# 5. Each tool's tests; as many must pass as its XML has. --with-reference-data: also those with
# a genome of the server, which are skipped otherwise. A bundled model stands for a user's.
tool_test() {
  "$work/galaxy/bin/galaxy-tool-test" -u "$url" -k "$GALAXY_KEY" -t "$1" -j "$run/out/$1.json" -o "$run/out/$1" \
    --test-data "$root/mirpre/models/weights" --with-reference-data --parallel-tests 3 >"$run/out/$1.log" 2>&1
}
total=0
for tool in $tools; do
  id=$(sed -n 's/^<tool id="\([^"]*\)".*/\1/p' "$tool")
  # Galaxy's runner may also end well without having run all of them.
  tool_test "$id" || true
  passed=$("$PYTHON" galaxy/count_tests.py "$run/out/$id.json" "$tool") || { tail -40 "$run/out/$id.log"; fail "$id: logs are in $run, if FOLDER was named"; }
  say "$id: $passed of $passed tests passed"
  total=$((total + passed))
done
if tool_test mirpre_control; then fail "the control passed: the tests prove nothing"; fi
"$PYTHON" galaxy/count_tests.py --failed 1 "$run/out/mirpre_control.json" "$run/control/control.xml" >/dev/null
say "the control failed as it must"

# 6. The workflow.
(
  cd "$run/out"
  HOME=$run/home "$work/planemo/bin/planemo" test --engine external_galaxy --galaxy_url "$url" --galaxy_user_key "$GALAXY_KEY" \
    --galaxy_admin_key "$admin" --no_shed_install --test_output_json workflow.json "$root"/galaxy/workflow/*.ga >workflow.log 2>&1
) || { tail -40 "$run/out/workflow.log"; fail "the workflow's test failed"; }
say "the workflow's test passed"

# 7. The web page.
if [ "$BROWSER" = yes ]; then
  "$work/galaxy/bin/python" galaxy/browser_test.py "$url" test-data/hairpins.fa "$run/out"
  say "classify ran from its form in Chromium; screenshots in $run/out"
  [ -z "${SCREENSHOTS:-}" ] || { mkdir -p "$SCREENSHOTS"; cp "$run"/out/*.png "$SCREENSHOTS/"; }
fi
say "$total tests of $(echo "$tools" | wc -l) tools passed in Galaxy"
