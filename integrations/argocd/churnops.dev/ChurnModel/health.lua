-- Health of a ChurnModel in Argo CD, by its conditions. Lua 5.1, no library is needed.
local hs = { status = "Progressing", message = "The operator has not looked at this generation yet" }

if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return hs
end

local conditions = {}
for _, condition in ipairs(obj.status.conditions or {}) do
  conditions[condition.type] = condition
end
local ready = conditions.Ready or { status = "Unknown" }

local function verdict(status, condition)
  hs.status = status
  hs.message = condition.message or ""
  return hs
end

if conditions.Stalled ~= nil and conditions.Stalled.status == "True" then
  return verdict("Degraded", conditions.Stalled)
end
if obj.spec.suspend == true and ready.status ~= "True" and ready.reason == "Suspended" then
  return verdict("Suspended", ready)
end
if conditions.Reconciling ~= nil and conditions.Reconciling.status == "True" then
  return verdict("Progressing", conditions.Reconciling)
end
if ready.status == "True" then
  return verdict("Healthy", ready)
end
return verdict("Progressing", ready)
