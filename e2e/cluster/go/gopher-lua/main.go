// gopher-lua runs a health check as Argo CD does: the same Lua machine and the same few libraries as for a script from
// argocd-cm. It reads a Kubernetes object as JSON from each line of standard input, and answers each with one line of JSON,
// {"health": {...}} or {"error": "..."}.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	lua "github.com/yuin/gopher-lua"
)

type answer struct {
	Health map[string]string `json:"health,omitempty"`
	Error  string            `json:"error,omitempty"`
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: gopher-lua HEALTH.lua <OBJECTS.jsonl")
		os.Exit(2)
	}
	script, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		health, err := judge(string(script), lines.Bytes())
		given := answer{Health: health}
		if err != nil {
			given.Error = err.Error()
		}
		if err := answers.Encode(given); err != nil {
			os.Exit(1)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(script string, object []byte) (map[string]string, error) {
	var parsed map[string]any
	if err := json.Unmarshal(object, &parsed); err != nil {
		return nil, err
	}
	machine := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer machine.Close()
	for name, open := range map[string]lua.LGFunction{lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable} {
		if err := machine.CallByParam(lua.P{Fn: machine.NewFunction(open), Protect: true}, lua.LString(name)); err != nil {
			return nil, err
		}
	}
	limit, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	machine.SetContext(limit)
	machine.SetGlobal("obj", valueOf(machine, parsed))
	if err := machine.DoString(script); err != nil {
		return nil, err
	}
	table, ok := machine.Get(-1).(*lua.LTable)
	if !ok {
		return nil, fmt.Errorf("the script returned %s, not a table", machine.Get(-1).Type())
	}
	health := map[string]string{}
	table.ForEach(func(key, value lua.LValue) { health[key.String()] = value.String() })
	return health, nil
}

func valueOf(machine *lua.LState, value any) lua.LValue {
	switch given := value.(type) {
	case bool:
		return lua.LBool(given)
	case float64:
		return lua.LNumber(given)
	case string:
		return lua.LString(given)
	case []any:
		list := machine.CreateTable(len(given), 0)
		for _, item := range given {
			list.Append(valueOf(machine, item))
		}
		return list
	case map[string]any:
		table := machine.CreateTable(0, len(given))
		for key, item := range given {
			table.RawSetH(lua.LString(key), valueOf(machine, item))
		}
		return table
	default:
		return lua.LNil
	}
}
