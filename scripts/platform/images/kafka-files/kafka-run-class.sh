#!/bin/bash
# Runs one Kafka class with the environment variables of the upstream script:
# CLASSPATH, KAFKA_HEAP_OPTS, KAFKA_JVM_PERFORMANCE_OPTS, KAFKA_LOG4J_OPTS, KAFKA_JMX_OPTS, JMX_PORT, KAFKA_OPTS, LOG_DIR.
set -euo pipefail

home=/opt/kafka
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-name servicename] [-loggc] classname [opts]" >&2
  exit 1
fi
while [ $# -gt 0 ]; do
  case "$1" in
    -name) shift 2 ;;
    -loggc) shift ;;
    -daemon) echo "$0: -daemon makes no sense in a container" >&2; exit 1 ;;
    *) break ;;
  esac
done

jmx="${KAFKA_JMX_OPTS:-}"
if [ -n "${JMX_PORT:-}" ] && [ -z "$jmx" ]; then
  jmx="-Dcom.sun.management.jmxremote -Dcom.sun.management.jmxremote.authenticate=false -Dcom.sun.management.jmxremote.ssl=false"
fi
if [ -n "${JMX_PORT:-}" ]; then
  jmx="$jmx -Dcom.sun.management.jmxremote.port=$JMX_PORT"
fi

log4j="${KAFKA_LOG4J_OPTS:--Dlog4j2.configurationFile=$home/config/tools-log4j2.yaml}"
performance="${KAFKA_JVM_PERFORMANCE_OPTS:--server -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent -Djava.awt.headless=true}"
java=java
if [ -n "${JAVA_HOME:-}" ]; then java="$JAVA_HOME/bin/java"; fi

# Unquoted on purpose: each variable holds several options.
# shellcheck disable=SC2086
exec "$java" ${KAFKA_HEAP_OPTS:--Xmx256M} $performance $jmx \
  "-Dkafka.logs.dir=${LOG_DIR:-$home/logs}" $log4j \
  -cp "${CLASSPATH:+$CLASSPATH:}$home/libs/*" ${KAFKA_OPTS:-} "$@"
