;; Answers with what its settings say: two letters from `a` to `p` are a byte. The first four bytes are the answer's
;; address, the rest stands in memory from address 1,024 on. A realloc that hands out what lies from 65,536 on.
(module
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $start i32)
    (local.set $start (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $start) (local.get 3)))
    (local.get $start))
  (func $digit (param $letter i32) (result i32)
    (i32.sub (i32.load8_u (local.get $letter)) (i32.const 97)))
  (func (export "stoa:promotion/discounts@0.2.0#run") (param $input i32) (result i32)
    (local $from i32) (local $end i32) (local $to i32)
    (local.set $from (i32.load offset=112 (local.get $input)))
    (local.set $end (i32.add (local.get $from) (i32.load offset=116 (local.get $input))))
    (local.set $to (i32.const 1020))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (i32.store8
          (local.get $to)
          (i32.or
            (i32.shl (call $digit (local.get $from)) (i32.const 4))
            (call $digit (i32.add (local.get $from) (i32.const 1)))))
        (local.set $from (i32.add (local.get $from) (i32.const 2)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (br $next)))
    (i32.load (i32.const 1020))))
