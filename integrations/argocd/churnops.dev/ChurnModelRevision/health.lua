-- Health of a ChurnModelRevision in Argo CD: it is made by the operator, trained, served, and then kept as a record.
-- Lua 5.1, no library is needed.
local hs = { status = "Progressing", message = "The operator has not looked at this revision yet" }

if obj.status == nil or obj.status.observedGeneration ~= obj.metadata.generation then
  return hs
end

local conditions = {}
for _, condition in ipairs(obj.status.conditions or {}) do
  conditions[condition.type] = condition
end
local training = obj.status.training or {}
local trained = conditions.Trained or { status = "Unknown" }

local function verdict(status, message)
  hs.status = status
  hs.message = message or ""
  return hs
end

if training.reason == "Superseded" then
  return verdict("Suspended", training.message)
end
if obj.status.retiredTime ~= nil then
  return verdict("Suspended", "A newer revision serves since " .. obj.status.retiredTime)
end
-- Without a completion time the failure is that of the attempt before the one that runs.
if trained.status == "False" and training.completionTime ~= nil then
  return verdict("Degraded", trained.message)
end
if conditions.Promoted ~= nil and conditions.Promoted.status == "True" then
  return verdict("Healthy", conditions.Promoted.message)
end
if trained.status == "True" then
  return verdict("Progressing", "Trained, but not serving yet")
end
return verdict("Progressing", "Being trained")
