# Sourced by bin/elasticsearch-env: turns settings in the environment into -E arguments, as the upstream image does.
# "discovery.type=single-node" and "ES_SETTING_DISCOVERY_TYPE=single-node" both become -Ediscovery.type=single-node;
# a double underscore in the second form stands for one underscore.
if [ "${LAGLINE_ENV_SETTINGS:-on}" = on ]; then
  while IFS= read -r -d '' lagline_pair; do
    lagline_name="${lagline_pair%%=*}"
    lagline_value="${lagline_pair#*=}"
    if [[ "$lagline_name" =~ ^ES_SETTING(_{1,2}[A-Z]+)+$ ]]; then
      lagline_name="${lagline_name#ES_SETTING_}"
      lagline_name="${lagline_name//__/$'\001'}"
      lagline_name="${lagline_name//_/.}"
      lagline_name="${lagline_name//$'\001'/_}"
      lagline_name="${lagline_name,,}"
    elif [[ ! "$lagline_name" =~ ^[-a-z0-9_]+(\.[-a-z0-9_]+)+$ ]]; then
      continue
    fi
    if [ -n "$lagline_value" ]; then set -- "$@" "-E$lagline_name=$lagline_value"; fi
  done < /proc/self/environ
  unset lagline_pair lagline_name lagline_value
fi
