module a.example/b
replace c.example/d v1.0.0
