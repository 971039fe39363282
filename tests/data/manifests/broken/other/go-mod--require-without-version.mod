module a.example/b
require c.example/d
