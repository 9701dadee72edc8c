;; What a plugin finds where it looks for WASI: nothing.
;;
;; Go's runtime imports a dozen functions of wasi_snapshot_preview1, a libc some
;; more. airgo's host has none of them, so `airgo plugin build` puts this adapter
;; in between. It gives the same answers in every run on every machine:
;;
;;   clocks       start at zero (1970) and tick a microsecond whenever they are
;;                read; a sleep is over at once and has moved them on
;;   random_get   bytes of one fixed sequence
;;   fd 1 and 2   swallow what is written; fd 0 is at its end
;;   the rest     no arguments, no environment, no directories, no sockets
;;   proc_exit    traps
;;
;; The clocks must tick: Go's scheduler throws where the first time is zero, and
;; its collector divides by the time that passed. The bytes beside this text
;; (wasi_stub.wasm) are what it assembles to; a test compares them.
(module
  (import "env" "memory" (memory 0))

  (global $nanoseconds (mut i64) (i64.const 0))
  (global $random (mut i64) (i64.const 0x6169_7267_6f)) ;; "airgo"

  ;; errno: success 0, badf 8, inval 28, nosys 52, notsup 58.

  (func $none (param $count i32) (param $bytes i32) (result i32)
    (i32.store (local.get $count) (i32.const 0))
    (i32.store (local.get $bytes) (i32.const 0))
    (i32.const 0))
  (func $nothing_to_get (param i32 i32) (result i32) (i32.const 0))
  (export "args_sizes_get" (func $none))
  (export "environ_sizes_get" (func $none))
  (export "args_get" (func $nothing_to_get))
  (export "environ_get" (func $nothing_to_get))

  (func $tick (result i64)
    (global.set $nanoseconds (i64.add (global.get $nanoseconds) (i64.const 1000)))
    (global.get $nanoseconds))

  (func (export "clock_res_get") (param $clock i32) (param $to i32) (result i32)
    (i64.store (local.get $to) (i64.const 1000))
    (i32.const 0))
  (func (export "clock_time_get") (param $clock i32) (param $precision i64) (param $to i32) (result i32)
    (i64.store (local.get $to) (call $tick))
    (i32.const 0))

  ;; Waiting: the earliest of the clocks waited for is made to have come. A
  ;; subscription has 48 bytes: userdata 0, kind 8 (0 is a clock), timeout 24,
  ;; flags 40 (1: the timeout is a time). An event has 32: userdata 0, errno 8,
  ;; kind 10.
  (func (export "poll_oneoff")
    (param $in i32) (param $out i32) (param $count i32) (param $events i32) (result i32)
    (local $at i32) (local $end i32) (local $time i64) (local $first i64) (local $found i32)
    (local.set $first (i64.const -1))
    (local.set $end (i32.add (local.get $in) (i32.mul (local.get $count) (i32.const 48))))
    (local.set $at (local.get $in))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (if (i32.eqz (i32.load8_u offset=8 (local.get $at)))
          (then
            (local.set $time (call $deadline (local.get $at)))
            (if (i64.lt_u (local.get $time) (local.get $first))
              (then (local.set $first (local.get $time)) (local.set $found (local.get $at))))))
        (local.set $at (i32.add (local.get $at) (i32.const 48)))
        (br $next)))
    ;; What waits for no clock would wait for ever.
    (if (i32.eqz (local.get $found)) (then (return (i32.const 58))))
    (if (i64.gt_u (local.get $first) (global.get $nanoseconds))
      (then (global.set $nanoseconds (local.get $first))))
    (i64.store (local.get $out) (i64.load (local.get $found)))
    (i64.store offset=8 (local.get $out) (i64.const 0))
    (i64.store offset=16 (local.get $out) (i64.const 0))
    (i64.store offset=24 (local.get $out) (i64.const 0))
    (i32.store (local.get $events) (i32.const 1))
    (i32.const 0))
  (func $deadline (param $subscription i32) (result i64)
    (local $timeout i64)
    (local.set $timeout (i64.load offset=24 (local.get $subscription)))
    (if (result i64) (i32.and (i32.load16_u offset=40 (local.get $subscription)) (i32.const 1))
      (then (local.get $timeout))
      (else (i64.add (global.get $nanoseconds) (local.get $timeout)))))

  ;; The high byte of a linear congruential generator.
  (func (export "random_get") (param $to i32) (param $count i32) (result i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $to) (local.get $count)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $to) (local.get $end)))
        (global.set $random
          (i64.add
            (i64.mul (global.get $random) (i64.const 6364136223846793005))
            (i64.const 1442695040888963407)))
        (i32.store8 (local.get $to) (i32.wrap_i64 (i64.shr_u (global.get $random) (i64.const 56))))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (br $next)))
    (i32.const 0))

  (func (export "sched_yield") (result i32) (i32.const 0))
  (func (export "proc_exit") (param i32) unreachable)
  (func (export "proc_raise") (param i32) (result i32) unreachable)

  (func $is_standard (param $fd i32) (result i32) (i32.lt_u (local.get $fd) (i32.const 3)))
  (func $standard_or_badf (param $fd i32) (result i32)
    (if (result i32) (call $is_standard (local.get $fd)) (then (i32.const 0)) (else (i32.const 8))))

  ;; The sum of the lengths in a list of buffers is how much was "written".
  (func (export "fd_write")
    (param $fd i32) (param $buffers i32) (param $count i32) (param $written i32) (result i32)
    (local $end i32) (local $sum i32)
    (if (i32.eqz (call $is_standard (local.get $fd))) (then (return (i32.const 8))))
    (local.set $end (i32.add (local.get $buffers) (i32.shl (local.get $count) (i32.const 3))))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $buffers) (local.get $end)))
        (local.set $sum (i32.add (local.get $sum) (i32.load offset=4 (local.get $buffers))))
        (local.set $buffers (i32.add (local.get $buffers) (i32.const 8)))
        (br $next)))
    (i32.store (local.get $written) (local.get $sum))
    (i32.const 0))
  (func (export "fd_read")
    (param $fd i32) (param $buffers i32) (param $count i32) (param $read i32) (result i32)
    (i32.store (local.get $read) (i32.const 0))
    (call $standard_or_badf (local.get $fd)))
  ;; 24 bytes: a character device, no flags, no rights.
  (func (export "fd_fdstat_get") (param $fd i32) (param $to i32) (result i32)
    (if (i32.eqz (call $is_standard (local.get $fd))) (then (return (i32.const 8))))
    (i64.store (local.get $to) (i64.const 2))
    (i64.store offset=8 (local.get $to) (i64.const 0))
    (i64.store offset=16 (local.get $to) (i64.const 0))
    (i32.const 0))
  (func (export "fd_fdstat_set_flags") (param $fd i32) (param i32) (result i32)
    (call $standard_or_badf (local.get $fd)))
  (func (export "fd_close") (param $fd i32) (result i32) (call $standard_or_badf (local.get $fd)))

  ;; There are no other descriptors: whatever is asked of one is badf.
  (func (export "fd_advise") (param i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_allocate") (param i32 i64 i64) (result i32) (i32.const 8))
  (func (export "fd_datasync") (param i32) (result i32) (i32.const 8))
  (func (export "fd_fdstat_set_rights") (param i32 i64 i64) (result i32) (i32.const 8))
  (func (export "fd_filestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_filestat_set_size") (param i32 i64) (result i32) (i32.const 8))
  (func (export "fd_filestat_set_times") (param i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_pread") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_prestat_dir_name") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_prestat_get") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_pwrite") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_readdir") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_renumber") (param i32 i32) (result i32) (i32.const 8))
  (func (export "fd_seek") (param i32 i64 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_sync") (param i32) (result i32) (i32.const 8))
  (func (export "fd_tell") (param i32 i32) (result i32) (i32.const 8))
  (func (export "path_create_directory") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_filestat_get") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_filestat_set_times") (param i32 i32 i32 i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "path_link") (param i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_open") (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32) (i32.const 8))
  (func (export "path_readlink") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_remove_directory") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_rename") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_symlink") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_unlink_file") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_accept") (param i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_recv") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_send") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "sock_shutdown") (param i32 i32) (result i32) (i32.const 8)))
