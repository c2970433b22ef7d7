// Renders Lagline's templates with Go's own text/template, with the functions that Grafana gives to annotations
// (Prometheus') and to notification templates (Alertmanager's). Jobs come as JSON on stdin, texts go out as JSON.
// Standard library only, so that it builds wherever Go is.
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"text/template"
	"time"
)

type alertIn struct {
	Status      string
	Labels      map[string]string
	Annotations map[string]string
	StartsAt    time.Time
	EndsAt      time.Time
	SilenceURL  string
	Values      map[string]float64
}

type alerts struct {
	Firing   []alertIn
	Resolved []alertIn
}

type messageData struct {
	Status            string
	Alerts            alerts
	CommonLabels      map[string]string
	CommonAnnotations map[string]string
	ExternalURL       string
}

type job struct {
	Kind   string // annotation or message
	Text   string
	Labels map[string]string
	Values map[string]float64
	Data   messageData
}

type outcome struct {
	Text  string `json:"text"`
	Error string `json:"error"`
}

type value struct {
	Labels map[string]string
	Value  float64
}

func number(v any) float64 {
	switch n := v.(type) {
	case float64:
		return n
	case int:
		return float64(n)
	case string:
		f, err := strconv.ParseFloat(n, 64)
		if err != nil {
			panic(err)
		}
		return f
	}
	panic(fmt.Sprintf("not a number: %T", v))
}

func humanize(in any) string {
	v := number(in)
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Sprintf("%.4g", v)
	}
	prefix := ""
	if math.Abs(v) >= 1 {
		for _, p := range []string{"k", "M", "G", "T", "P", "E", "Z", "Y"} {
			if math.Abs(v) < 1000 {
				break
			}
			prefix = p
			v /= 1000
		}
		return fmt.Sprintf("%.4g%s", v, prefix)
	}
	for _, p := range []string{"m", "u", "n", "p", "f", "a", "z", "y"} {
		if math.Abs(v) >= 1 {
			break
		}
		prefix = p
		v *= 1000
	}
	return fmt.Sprintf("%.4g%s", v, prefix)
}

func humanizeDuration(in any) string {
	v := number(in)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Sprintf("%.4g", v)
	}
	if v == 0 {
		return fmt.Sprintf("%.4gs", v)
	}
	if math.Abs(v) >= 1 {
		sign := ""
		if v < 0 {
			sign = "-"
			v = -v
		}
		whole := int64(v)
		seconds, minutes, hours, days := whole%60, whole/60%60, whole/3600%24, whole/86400
		switch {
		case days != 0:
			return fmt.Sprintf("%s%dd %dh %dm %ds", sign, days, hours, minutes, seconds)
		case hours != 0:
			return fmt.Sprintf("%s%dh %dm %ds", sign, hours, minutes, seconds)
		case minutes != 0:
			return fmt.Sprintf("%s%dm %ds", sign, minutes, seconds)
		}
		return fmt.Sprintf("%s%.4gs", sign, v)
	}
	return fmt.Sprintf("%.4gs", v)
}

var common = template.FuncMap{
	"reReplaceAll": func(pattern, replacement, text string) string {
		return regexp.MustCompile(pattern).ReplaceAllString(text, replacement)
	},
	"toUpper": strings.ToUpper,
	"toLower": strings.ToLower,
}

var annotation = template.FuncMap{
	"humanize":           humanize,
	"humanizeDuration":   humanizeDuration,
	"humanizePercentage": func(in any) string { return fmt.Sprintf("%.4g%%", number(in)*100) },
}

var message = template.FuncMap{
	"join": func(separator string, texts []string) string { return strings.Join(texts, separator) },
}

func render(one job) (text string, err error) {
	// A function that panics is a failed template for Grafana as well.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	t := template.New("job").Funcs(common)
	var data any
	source := one.Text
	if one.Kind == "annotation" {
		t = t.Funcs(annotation)
		source = "{{ $labels := .Labels }}{{ $values := .Values }}" + source
		values := map[string]value{}
		for ref, v := range one.Values {
			values[ref] = value{Labels: one.Labels, Value: v}
		}
		data = struct {
			Labels map[string]string
			Values map[string]value
		}{one.Labels, values}
	} else {
		t = t.Funcs(message)
		data = one.Data
	}
	parsed, err := t.Parse(source)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	if err := parsed.Execute(&out, data); err != nil {
		return "", err
	}
	return out.String(), nil
}

func main() {
	var jobs []job
	if err := json.NewDecoder(os.Stdin).Decode(&jobs); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	outcomes := make([]outcome, 0, len(jobs))
	for _, one := range jobs {
		text, err := render(one)
		entry := outcome{Text: text}
		if err != nil {
			entry.Error = err.Error()
		}
		outcomes = append(outcomes, entry)
	}
	if err := json.NewEncoder(os.Stdout).Encode(outcomes); err != nil {
		os.Exit(1)
	}
}
