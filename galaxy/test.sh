#!/usr/bin/env bash
# Runs the Galaxy tools in a real Galaxy: lint, each tool's tests, a control that must fail,
# the workflows, and the web page in headless Chromium. Galaxy comes from PyPI and runs on 127.0.0.1 with SQLite,
# the local runner and one Celery worker, as it does by default; conda and containers are not needed.
#   usage: [TOOL=VENV] [BROWSER=auto|yes|no] bash galaxy/test.sh [[--install] FOLDER]
# FOLDER (a temporary one unless named) keeps environments and results; --install makes Galaxy's and Chromium ready,
# for a later run with that folder. TOOL is an environment that has
# mirpre[train] already; one is made otherwise. Chromium with chromedriver is asked of apt where it is missing;
# where that fails, the web page is left out and the last line says so (BROWSER=yes: an error).
set -euo pipefail
GALAXY=galaxy==26.1.1      # 26.1.2 wants a certifi that PyPI does not have
PLANEMO=planemo==0.75.47
PYTHON=${PYTHON:-python3}
BROWSER=${BROWSER:-auto}

cd "$(dirname "$0")/.."
root=$PWD
install_only=
if [ "${1:-}" = --install ]; then install_only=yes; shift; fi
if [ $# -gt 0 ]; then mkdir -p "$1"; work=$(cd "$1" && pwd); else work=$(mktemp -d); fi
servers=()
finish() {
  # With their children, and at once: nothing of theirs is needed again.
  for server in "${servers[@]}"; do kill -9 -- "-$server" 2>/dev/null || true; done
  wait 2>/dev/null || true
  if [ -n "${temporary:-}" ]; then rm -rf "$work"; fi
}
[ $# -gt 0 ] || temporary=yes
trap finish EXIT
say() { printf '[%4d s] %s\n' $SECONDS "$*"; }
fail() { echo "galaxy/test.sh: $*" >&2; exit 1; }
free_port() { "$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
random() { "$PYTHON" -c 'import secrets; print(secrets.token_hex(16))'; }

# 1. Chromium, and the environments. The tools run from a wheel in one of their own, without Galaxy's packages.
chromium() {
  command -v chromium >/dev/null && command -v chromedriver >/dev/null && return
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-driver fonts-dejavu-core
}
environment() {
  local folder=$work/$1 mark=$work/$1/installed; shift
  [ "$(cat "$mark" 2>/dev/null)" = "$*" ] && return
  "$PYTHON" -m venv --clear "$folder"
  # Most modules are never loaded: those that are get compiled then.
  "$folder/bin/pip" install -q --no-compile "$@" >"$folder/pip.log" 2>&1 || { grep ERROR "$folder/pip.log"; return 1; }
  echo "$*" >"$mark"
}
browser_left_out=
case $BROWSER in
  no) browser_left_out="BROWSER=no" ;;
  *) timeout 300 bash -c "$(declare -f chromium); chromium" >"$work/apt.log" 2>&1 ||
    browser_left_out="Chromium with chromedriver is missing, and apt could not install it" ;;
esac
[ "$BROWSER" != yes ] || [ -z "$browser_left_out" ] || { tail -5 "$work/apt.log"; fail "$browser_left_out"; }
if [ -n "$install_only" ]; then
  environment galaxy $GALAXY $PLANEMO
  exit
fi
if [ -z "${TOOL:-}" ]; then
  TOOL=$work/tool
  environment tool "$root[train]"
  # A kept environment has the package as it was.
  "$TOOL/bin/pip" install -q --no-deps --force-reinstall "$root"
fi
TOOL=$(cd "$TOOL" && pwd)
"$TOOL/bin/mirpre" --version >/dev/null || fail "$TOOL has no mirpre"
environment galaxy $GALAXY $PLANEMO
galaxy=$work/galaxy/bin
say "installed $GALAXY $PLANEMO ($(du -sh "$work/galaxy" | cut -f1)); mirpre is in $TOOL"

# 2. Lint; the workflows as iwc has it.
tools=$(grep -l '^<tool ' galaxy/*.xml)
"$galaxy/planemo" lint --report_level warn --fail_level warn $tools
for workflow in galaxy/workflow/*/; do
  "$galaxy/planemo" workflow_lint --iwc --report_level warn --fail_level warn "$workflow"
done
say "planemo lint, and workflow_lint --iwc: no warnings"

# 3. The control: fold with its first test, and there a wrong expectation.
run=$(mktemp -d "$work/run.XXXX")
mkdir -p "$run"/{config,data,home,control,out}
ln -s "$root/galaxy/test-data" "$run/control/test-data"
echo mirpre_report >"$run/config/sanitize_allowlist.txt"
cp galaxy/macros.xml "$run/control/"
awk '/<\/tests>/ {skip = 0} !skip {print} /<\/test>/ {skip = 1}' galaxy/fold.xml |
  sed -e 's/id="mirpre_fold"/id="mirpre_control"/' -e 's/hairpins\.folded/regions.folded/' >"$run/control/control.xml"

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
  database_connection: "sqlite:///$run/data/galaxy.sqlite?isolation_level=IMMEDIATE&timeout=60"
  tool_config_file: $run/tool_conf.xml
  tool_data_table_config_path: $root/galaxy/tool_data_table_conf.xml.test
  galaxy_infrastructure_url: $url
  bootstrap_admin_api_key: $admin
  admin_users: $GALAXY_EMAIL
  conda_auto_init: false
  conda_auto_install: false
  dependency_resolvers: []
  enable_mulled_containers: false
  enable_celery_tasks: true
  metadata_strategy: directory_celery
  enable_tool_shed_check: false
  # The report's page needs its scripts; an administrator lets them through for one tool.
  sanitize_allowlist_file: $run/config/sanitize_allowlist.txt
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
          embed_metadata_in_job: false
          env:
            - execute: export PATH=$TOOL/bin:/usr/local/bin:/usr/bin:/bin
YML
galaxy_process() {
  exec setsid env -i HOME="$run/home" LANG=C.UTF-8 VIRTUAL_ENV="$work/galaxy" PATH="$galaxy:/usr/local/bin:/usr/bin:/bin" \
    PYTHONWARNINGS=ignore GALAXY_CONFIG_FILE="$run/galaxy.yml" "$@"
}
galaxy_process galaxy-web -c "$run/galaxy.yml" -b "127.0.0.1:$port" >"$run/galaxy.log" 2>&1 &
servers+=($!)
# Uploads and metadata are its work; a job of its own would load all of Galaxy for each.
galaxy_process celery --app galaxy.celery worker --pool threads --concurrency 2 --loglevel INFO \
  --queues celery,galaxy.internal,galaxy.external >"$run/worker.log" 2>&1 &
servers+=($!)
for _ in $(seq 900); do
  curl -sf "$url/api/version" >/dev/null && break
  kill -0 "${servers[0]}" 2>/dev/null || { tail -20 "$run/galaxy.log"; fail "Galaxy ended at its start"; }
  sleep 1
done
curl -sf "$url/api/version" >/dev/null || { tail -20 "$run/galaxy.log"; fail "Galaxy does not answer"; }
api() { curl -sf -H "x-api-key: $admin" -H 'content-type: application/json' "$@"; }
user=$(api "$url/api/users" -d "{\"username\": \"tester\", \"email\": \"$GALAXY_EMAIL\", \"password\": \"$GALAXY_PASSWORD\"}" |
  "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["id"])')
GALAXY_KEY=$(api -X POST "$url/api/users/$user/api_key" | tr -d '"'); export GALAXY_KEY
say "Galaxy answers"

# 5. Each tool's tests and the control's in one run; as many must pass as each XML has. --with-reference-data:
# also those with a genome of the server, which are skipped otherwise.
# The runner's own exit status says less: it fails by the control, and may end well without having run all.
timeout 1200 "$galaxy/galaxy-tool-test" -u "$url" -k "$GALAXY_KEY" -j "$run/out/tests.json" -o "$run/out/tests" \
  --with-reference-data --parallel-tests 4 >"$run/out/tests.log" 2>&1 || true
total=0
failed=
for tool in $tools; do
  passed=$("$PYTHON" galaxy/count_tests.py "$run/out/tests.json" "$tool") || { failed+=" $tool"; continue; }
  say "$tool: $passed of $passed tests passed"
  total=$((total + passed))
done
# The rest is run all the same, so that one run tells all that is wrong.
[ -z "$failed" ] || { tail -5 "$run/out/tests.log"; say "FAILED:$failed (logs are in $run, where FOLDER was named)"; }
"$PYTHON" galaxy/count_tests.py --failed 1 "$run/out/tests.json" "$run/control/control.xml" >/dev/null ||
  fail "the control did not fail as it must: the tests prove nothing"
say "the control failed as it must"

# 6. The workflows.
(
  cd "$run/out"
  HOME=$run/home timeout 900 "$galaxy/planemo" test --engine external_galaxy --galaxy_url "$url" --galaxy_user_key "$GALAXY_KEY" \
    --galaxy_admin_key "$admin" --no_shed_install --test_output_json workflow.json "$root"/galaxy/workflow/*/*.ga >workflow.log 2>&1
) || { tail -40 "$run/out/workflow.log"; fail "a workflow's test failed"; }
say "the workflows' tests passed"

# 7. The web page.
if [ -z "$browser_left_out" ]; then
  walk() { timeout 300 "$galaxy/python" galaxy/browser_test.py "$url" test-data/hairpins.fa test-data/expected/hairpins.tsv "$run/out"; }
  # A busy machine can make the page slower than Galaxy's page objects wait.
  walk || { say "the walk through the web page failed; once more"; walk; }
  say "classify and report ran from their forms in Chromium, and the page shows the table and the report"
  [ -z "${SCREENSHOTS:-}" ] || { mkdir -p "$SCREENSHOTS"; cp "$run"/out/*.png "$SCREENSHOTS/"; }
fi
[ -z "$failed" ] || fail "failed:$failed"
say "$total tests of $(echo "$tools" | wc -l) tools passed in Galaxy${browser_left_out:+; LEFT OUT: the walk through the web page ($browser_left_out)}"
