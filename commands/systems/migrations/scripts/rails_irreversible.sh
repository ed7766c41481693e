# What Rails would apply now, up to $VERSION where the page says how far it goes, and could not take back, one a line. Its files are
# read, not run: a `down` that raises, an `up` without a `down` or with an empty one, and in a `change` what Rails itself does not
# invert with the arguments that stand there.
$PROGRAM runner "$DATABASES"'
require "ripper"
recorder = ActiveRecord::Migration::CommandRecorder
list = [:ReversibleAndIrreversibleMethods, :REVERSIBLE_AND_IRREVERSIBLE_METHODS].find { |one| recorder.const_defined?(one) }
known = recorder.const_get(list).map(&:to_s)
methods = lambda do |tree|
  next {} unless tree.is_a?(Array)
  next({ tree[1][1] => tree.last }) if tree[0] == :def
  next({ tree[3][1] => tree.last }) if tree[0] == :defs
  tree.reduce({}) { |found, one| one.is_a?(Array) ? found.merge(methods.call(one)) : found }
end
lines = lambda do |body|
  body = body[1] if body[0] == :bodystmt
  body = [body] if body[0].is_a?(Symbol)
  body.reject { |one| one[0] == :void_stmt || one[0] == :var_ref && one[1][1] == "nil" || one[0] == :command && one[1][1] == "say" }
end
name = lambda { |one| one = one[1] if one && one[0] == :method_add_arg
  one[1][1] if one && [:command, :vcall, :fcall].include?(one[0]) && one[1].is_a?(Array) }
raises = lambda { |body| body.any? { |one| ["raise", "fail", "abort"].include?(name.call(one)) } }
# a value that stands there; any other is :unknown. Arguments that are put in from elsewhere are nil
value = lambda do |tree|
  kind, inner = tree
  case kind
  when :symbol_literal, :string_literal, :dyna_symbol then (inner.flatten.find { |one| one.is_a?(String) } || "").to_sym
  when :var_ref then { "nil" => nil, "true" => true, "false" => false }.fetch(inner[1], :unknown)
  when :bare_assoc_hash, :assoclist_from_args, :hash
    next kind == :hash ? (inner ? value.call(inner) : {}) : :unknown unless inner[0].is_a?(Array)
    inner.select { |one| one[0] == :assoc_new }.to_h { |_, key, is| [key[0] == :@label ? key[1].chomp(":").to_sym : value.call(key), value.call(is)] }
  else :unknown
  end
end
arguments = lambda do |tree|
  tree = tree[1] while tree.is_a?(Array) && [:arg_paren, :args_add_block].include?(tree[0])
  next if tree.is_a?(Array) && tree[0] == :args_add_star
  tree.is_a?(Array) && tree[0].is_a?(Array) ? tree.map { |one| value.call(one) } : []
end
# the name, the receiver, the arguments of a call; nothing of any other tree
call = lambda do |tree|
  inner, given = tree[0] == :method_add_arg ? tree[1, 2] : [tree, nil]
  case inner[0]
  when :command, :fcall, :vcall then [inner[1][1], nil, arguments.call(given || inner[2])] if inner[1][0] == :@ident
  when :command_call, :call then [inner[3][1], inner[1].flatten.find { |one| one.is_a?(String) }, arguments.call(given || inner[4])] if inner[3].is_a?(Array)
  end
end
in_table = { "remove" => "remove_columns", "change" => "change_column", "change_default" => "change_column_default", "remove_index" => "remove_index",
  "remove_references" => "remove_reference", "remove_belongs_to" => "remove_reference", "remove_foreign_key" => "remove_foreign_key" }
calls = lambda do |tree, found, table|
  next unless tree.is_a?(Array)
  if tree[0] == :method_add_block && (called = call.call(tree[1]))
    next if ["up_only", "revert", "create_table", "create_join_table"].include?(called[0])
    next calls.call(tree[2], found, :reversible) if called[0] == "reversible"
    next calls.call(tree[2], found, (called[2] || []).first) if called[0] == "change_table"
    next found << [*called, true] if known.include?(called[0]) && called[0] != "transaction"
    if table == :reversible
      body = tree[2][2]
      found << ["down raises an error"] if called[0] == "down" && raises.call(lines.call(body))
      next
    end
  elsif tree[0].is_a?(Symbol) && (called = call.call(tree))
    next found << called if !table || table == :reversible || called[1].nil?
    next found << [in_table[called[0]], nil, called[2] && [table, *called[2]]] if in_table[called[0]]
  end
  tree.each { |one| calls.call(one, found, table) }
end
inverted = lambda do |called, _, given, block = false|
  next recorder.method_defined?(:"invert_#{called}") || recorder.private_method_defined?(:"invert_#{called}") unless given
  recorder.new(nil).inverse_of(called.to_sym, given, &(block ? proc {} : nil))
  true
rescue ActiveRecord::IrreversibleMigration then false
rescue StandardError then true # of a value that is not known
end
last = ENV["VERSION"].to_s[/\A\d+/]
pending = databases.flat_map do |database|
  applied = (context = at.call(database)).get_all_versions
  context.migrations.reject { |one| applied.include?(one.version) || last && one.version > last.to_i }
end
pending.uniq(&:filename).each do |one|
  found = methods.call(Ripper.sexp(File.read(one.filename)) || [])
  why = []
  if found["change"]
    used = []
    calls.call(found["change"], used, nil)
    used.map(&:first).uniq.each { |helper| calls.call(found[helper], used, nil) if found[helper] && helper != "change" }
    why = used.select { |name, to, *| known.include?(name) && [nil, "connection"].include?(to) }.reject { |one| inverted.call(*one) }.map(&:first).uniq
    why << "it raises an error" if raises.call(lines.call(found["change"]))
    why << "its down raises an error" if used.include?(["down raises an error"])
  elsif found["down"] || found["up"]
    down, up = [found["down"], found["up"]].map { |body| body ? lines.call(body) : [] }
    why << "its down raises an error" if raises.call(down)
    why << (found["down"] ? "its down does nothing" : "it has no down") if down.empty? && !up.empty?
  end
  puts "\ngonogo-irreversible #{one.version} #{one.name} (#{why.join(", ")})" unless why.empty?
end
' | sed -n 's/^gonogo-irreversible //p'
