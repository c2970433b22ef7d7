module lagline.local/go-templates

go 1.21
