# What Rails would apply now and could not take back, one a line. Its files are read, not run: a `down` that raises at once, an `up`
# without a `down` or with an empty one, and in a `change` what Rails itself knows no inverse of.
$PROGRAM runner '
require "ripper"
base = ActiveRecord::Base
context = base.connection_pool.respond_to?(:migration_context) ? base.connection_pool.migration_context : base.connection.migration_context
recorder = ActiveRecord::Migration::CommandRecorder
list = [:ReversibleAndIrreversibleMethods, :REVERSIBLE_AND_IRREVERSIBLE_METHODS].find { |one| recorder.const_defined?(one) }
inverse = recorder.instance_methods + recorder.private_instance_methods
none = recorder.const_get(list).map(&:to_s).reject { |one| inverse.include?(:"invert_#{one}") }
methods = lambda do |tree|
  next {} unless tree.is_a?(Array)
  next({ tree[1][1] => tree.last }) if tree[0] == :def
  tree.reduce({}) { |found, one| one.is_a?(Array) ? found.merge(methods.call(one)) : found }
end
lines = lambda { |body| (body[1][0].is_a?(Symbol) ? [body[1]] : body[1]).reject { |one| one[0] == :void_stmt } }
raises = lambda { |one| one = one[1] if one && one[0] == :method_add_arg
  one && [:command, :vcall, :fcall].include?(one[0]) && one[1][1] == "raise" }
calls = lambda do |tree, found = []|
  next found unless tree.is_a?(Array)
  if tree[0] == :method_add_block
    name = tree[1].flatten.find { |one| one.is_a?(String) }
    next found if ["reversible", "up_only", "revert"].include?(name)
    next found if ["create_table", "create_join_table", "change_table", "drop_table"].include?(name)
  end
  found << [tree[1][1], tree[2]] if [:command, :fcall, :vcall].include?(tree[0]) && tree[1].is_a?(Array) && tree[1][0] == :@ident
  tree.each { |one| calls.call(one, found) }
  found
end
applied = context.get_all_versions
context.migrations.reject { |one| applied.include?(one.version) }.each do |one|
  found = methods.call(Ripper.sexp(File.read(one.filename)) || [])
  why = []
  if found["change"]
    used = calls.call(found["change"]).map(&:first)
    why = used.select { |name| none.include?(name) || name == "raise" }.uniq.map { |name| name == "raise" ? "it raises an error" : name }
  elsif found["down"] || found["up"]
    down, up = [found["down"], found["up"]].map { |body| body ? lines.call(body) : [] }
    why << "its down raises an error" if raises.call(down.first)
    why << (found["down"] ? "its down does nothing" : "it has no down") if down.empty? && !up.empty?
  end
  puts "\ngonogo-irreversible #{one.version} #{one.name} (#{why.join(", ")})" unless why.empty?
end
' | sed -n 's/^gonogo-irreversible //p'
